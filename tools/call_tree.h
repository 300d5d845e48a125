/* The calls of a trace as a tree that stays small: below a depth, and above a number of nodes, calls are only
 * counted, and calls that repeat are folded into one node as soon as they return. */
#ifndef CTRACE_TOOLS_CALL_TREE_H
#define CTRACE_TOOLS_CALL_TREE_H

#include "names.h"
#include "text.h"
#include "threads.h"

typedef enum outcome { OUTCOME_OPEN, OUTCOME_RETURNED, OUTCOME_RAISED } outcome;

/* A value over all calls of a node. */
typedef struct seen_value {
    text shown;  /* the first one */
    bool is_int; /* all are; then */
    int64_t least;
    int64_t most;
    bool varies; /* not all are the same */
} seen_value;

typedef struct call_node {
    struct call_node *parent;
    struct call_node *first; /* children, in the order of the calls */
    struct call_node *last;
    struct call_node *next; /* siblings */
    struct call_node *previous;
    ctrace_id function_id;
    uint64_t calls;  /* more than 1: folded */
    uint64_t hidden; /* calls inside that have no node */
    /* Of nodes that repeat together: how many, and which of them this is. 0: it does not repeat. */
    unsigned turn_size;
    unsigned turn_place;
    outcome ended;
    seen_value result;
    seen_value exception; /* the last that did not leave the call, */
    uint64_t exceptions;  /* and in how many calls there was one */
    ctrace_id *variables; /* of the arguments */
    seen_value *args;
    size_t arg_count;
    bool more_args; /* than are kept */
} call_node;

typedef struct thread_tree {
    call_node root;  /* stands for the thread; its children are the outermost calls */
    call_node *open; /* the innermost open call that has a node, or the root */
    uint64_t below;  /* open calls below it that have none */
    unsigned depth;  /* of `open`; the root has 0 */
} thread_tree;

typedef struct call_tree {
    names names;
    threads threads;
    thread_tree **trees; /* one for each of threads.list */
    size_t tree_count;
    unsigned max_depth;
    uint64_t max_nodes;
    uint64_t nodes;
    bool fold;
    bool ascii; /* what is shown of values is for such a screen */
} call_tree;

void call_tree_begin(call_tree *tree, const ctrace_metadata *metadata);
void call_tree_see(call_tree *tree, const ctrace_event *event);
void call_tree_free(call_tree *tree);

/* All calls of the node and inside. */
uint64_t call_node_total(const call_node *node);

#endif
