/* A C file must declare something. */
typedef int something;
