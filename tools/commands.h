/* The commands. Each reads its own arguments (argv[0] is its name) and gives the exit code. */
#ifndef CTRACE_TOOLS_COMMANDS_H
#define CTRACE_TOOLS_COMMANDS_H

int info_command(int argc, char **argv);
int cat_command(int argc, char **argv);
int index_command(int argc, char **argv);
int tree_command(int argc, char **argv);
int validate_command(int argc, char **argv);
int convert_command(int argc, char **argv);
int repair_command(int argc, char **argv);
int cut_command(int argc, char **argv);
int diff_command(int argc, char **argv);
int gen_command(int argc, char **argv);

#endif
