#include "call_tree.h"

#include "complain.h"
#include "show_value.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 12
#define MAX_ARG_SIZE 40
#define MAX_RESULT_SIZE 60
/* The most nodes that repeat together, such as the calls in the body of a loop. */
#define MAX_TURN 8

/* ---- Values ---- */

static seen_value see_value(const call_tree *tree, const ctrace_value *v, size_t max_size)
{
    seen_value seen = {.shown = {.ascii = tree->ascii}};
    if (!v)
        return seen;
    if (v->kind == CTRACE_VALUE_ERROR)
        text_safe(&seen.shown, v->text, 0, max_size);
    else
        show_value(&seen.shown, &tree->names, v, max_size);
    if (v->kind == CTRACE_VALUE_INT) {
        seen.is_int = true;
        seen.least = seen.most = v->i;
    }
    return seen;
}

/* Takes `other`, which is of a later call, into `seen`. */
static void merge_value(seen_value *seen, seen_value *other)
{
    if (other->varies || seen->shown.size != other->shown.size ||
        (seen->shown.size && memcmp(seen->shown.data, other->shown.data, seen->shown.size) != 0))
        seen->varies = true;
    seen->is_int = seen->is_int && other->is_int;
    if (seen->is_int) {
        seen->least = other->least < seen->least ? other->least : seen->least;
        seen->most = other->most > seen->most ? other->most : seen->most;
    }
    text_free(&other->shown);
}

/* ---- Nodes ---- */

static void free_node(call_node *node)
{
    text_free(&node->result.shown);
    text_free(&node->exception.shown);
    for (size_t i = 0; i < node->arg_count; i++)
        text_free(&node->args[i].shown);
    free(node->args);
    free(node->variables);
    free(node);
}

/* Frees what is below `top`, which stays. Goes without recursion, as the depth is the user's choice. */
static void free_below(call_node *top)
{
    call_node *node = top;
    for (;;) {
        while (node->first)
            node = node->first;
        if (node == top)
            return;
        call_node *parent = node->parent;
        parent->first = node->next;
        free_node(node);
        node = parent;
    }
}

static void append(call_node *parent, call_node *node)
{
    node->parent = parent;
    node->previous = parent->last;
    node->next = NULL;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

static call_node *add_node(call_tree *tree, call_node *parent, const ctrace_event *event)
{
    call_node *node = need(calloc(1, sizeof *node));
    node->function_id = event->call.function_id;
    node->calls = 1;
    node->more_args = event->call.arg_count > MAX_ARGS;
    node->arg_count = node->more_args ? MAX_ARGS : event->call.arg_count;
    if (node->arg_count) {
        node->args = need(calloc(node->arg_count, sizeof *node->args));
        node->variables = need(calloc(node->arg_count, sizeof *node->variables));
    }
    for (size_t i = 0; i < node->arg_count; i++) {
        node->variables[i] = event->call.args[i].variable_id;
        node->args[i] = see_value(tree, event->call.args[i].value, MAX_ARG_SIZE);
    }
    append(parent, node);
    tree->nodes++;
    return node;
}

/* ---- Folding ---- */

static bool is_alike(const call_node *a, const call_node *b)
{
    return a->function_id == b->function_id && a->ended == b->ended && a->arg_count == b->arg_count &&
           (!a->arg_count || memcmp(a->variables, b->variables, a->arg_count * sizeof *a->variables) == 0);
}

static void merge_node(call_tree *tree, call_node *node, call_node *other);

/* Gives `node` the list of children that begins at `child`: each is taken into the first that it is like. */
static void take_children(call_tree *tree, call_node *node, call_node *child)
{
    while (child) {
        call_node *next = child->next;
        call_node *like = node->first;
        while (like && !is_alike(like, child))
            like = like->next;
        child->turn_size = 0; /* the order is not kept */
        if (like)
            merge_node(tree, like, child);
        else
            append(node, child);
        child = next;
    }
}

/* Takes `other` and all below it into `node`, which is alike. Children are summed up by their function. */
static void merge_node(call_tree *tree, call_node *node, call_node *other)
{
    if (node->calls == 1) {
        call_node *children = node->first;
        node->first = node->last = NULL;
        take_children(tree, node, children);
    }
    take_children(tree, node, other->first);
    node->calls += other->calls;
    node->hidden += other->hidden;
    node->more_args |= other->more_args;
    merge_value(&node->result, &other->result);
    for (size_t i = 0; i < node->arg_count; i++)
        merge_value(&node->args[i], &other->args[i]);
    if (node->exceptions && other->exceptions) {
        merge_value(&node->exception, &other->exception);
    } else if (other->exceptions) {
        node->exception = other->exception;
        other->exception = (seen_value){0};
    }
    node->exceptions += other->exceptions;
    free_node(other);
    tree->nodes--;
}

/* A turn is `size` siblings one after another, told by the last of them. */
static bool is_turn_alike(const call_node *a, const call_node *b, unsigned size)
{
    for (; size && a && b; size--, a = a->previous, b = b->previous)
        if (!is_alike(a, b))
            return false;
    return size == 0;
}

/* Whether the siblings are in no turn yet, but for runs of one call, which may be part of a larger turn. */
static bool is_free(const call_node *last, unsigned size)
{
    for (; size && last; size--, last = last->previous)
        if (last->turn_size > 1)
            return false;
    return size == 0;
}

static call_node *back(call_node *node, unsigned count)
{
    while (node && count--)
        node = node->previous;
    return node;
}

/* Merges the turn that ends with the last child into the one that ends with `kept`. */
static void merge_last_turn(call_tree *tree, call_node *kept, unsigned size)
{
    call_node *parent = kept->parent;
    call_node *node = parent->last;
    for (unsigned place = size; place-- > 0; kept = kept->previous) {
        call_node *previous = node->previous;
        parent->last = previous;
        previous->next = NULL;
        merge_node(tree, kept, node);
        kept->turn_size = size;
        kept->turn_place = place;
        node = previous;
    }
}

/* The last call of `parent` has returned. If with it the same turn of calls has come a third time, or once more
 * after it was folded, it is folded. Two like calls are still worth a line each. */
static bool fold_turn(call_tree *tree, call_node *parent, unsigned size)
{
    call_node *last = parent->last;
    call_node *before = back(last, size);
    if (!before || !is_turn_alike(last, before, size) || !is_free(last, size))
        return false;
    if (before->turn_size == size && before->turn_place == size - 1) {
        merge_last_turn(tree, before, size);
        return true;
    }
    call_node *first = back(before, size);
    if (!is_free(before, size) || !first || !is_turn_alike(last, first, size) || !is_free(first, size))
        return false;
    merge_last_turn(tree, before, size);
    merge_last_turn(tree, first, size);
    return true;
}

static void fold_last(call_tree *tree, call_node *parent)
{
    for (unsigned size = 1; size <= MAX_TURN; size++)
        if (fold_turn(tree, parent, size))
            return;
}

/* ---- Events ---- */

static void begin_call(call_tree *tree, thread_tree *in, const ctrace_event *event)
{
    if (in->below || in->depth >= tree->max_depth || tree->nodes >= tree->max_nodes) {
        in->below++;
        in->open->hidden++;
        return;
    }
    in->open = add_node(tree, in->open, event);
    in->depth++;
}

static void end_call(call_tree *tree, thread_tree *in, const ctrace_event *event)
{
    if (in->below) {
        in->below--;
        return;
    }
    if (in->depth == 0)
        return; /* threads.list counts it */
    call_node *node = in->open;
    const ctrace_value *value = event->returned.return_value;
    node->ended = value && value->kind == CTRACE_VALUE_ERROR ? OUTCOME_RAISED : OUTCOME_RETURNED;
    node->result = see_value(tree, value, MAX_RESULT_SIZE);
    if (node->ended == OUTCOME_RAISED) { /* that is what left it */
        text_free(&node->exception.shown);
        node->exceptions = 0;
    }
    in->open = node->parent;
    in->depth--;
    if (tree->fold)
        fold_last(tree, in->open);
}

static void see_exception(call_tree *tree, thread_tree *in, const ctrace_event *event)
{
    if (in->below || in->depth == 0)
        return;
    text *shown = &in->open->exception.shown;
    shown->ascii = tree->ascii;
    shown->size = 0;
    text_safe(shown, event->log.content, 0, MAX_RESULT_SIZE);
    in->open->exceptions = 1;
}

void call_tree_begin(call_tree *tree, const ctrace_metadata *metadata)
{
    names_begin(&tree->names, metadata);
    threads_begin(&tree->threads);
    tree->trees = NULL;
    tree->tree_count = 0;
    tree->nodes = 0;
}

static thread_tree *tree_of(call_tree *tree, size_t thread_index)
{
    while (tree->tree_count <= thread_index) {
        tree->trees = need(realloc(tree->trees, (tree->tree_count + 1) * sizeof *tree->trees));
        thread_tree *added = need(calloc(1, sizeof *added));
        added->open = &added->root;
        tree->trees[tree->tree_count++] = added;
    }
    return tree->trees[thread_index];
}

void call_tree_see(call_tree *tree, const ctrace_event *event)
{
    names_see(&tree->names, event);
    threads_see(&tree->threads, event);
    thread_tree *in = tree_of(tree, tree->threads.current);
    if (event->kind == CTRACE_EVENT_CALL)
        begin_call(tree, in, event);
    else if (event->kind == CTRACE_EVENT_RETURN)
        end_call(tree, in, event);
    else if (event->kind == CTRACE_EVENT_LOG && event->log.kind == CTRACE_LOG_ERROR)
        see_exception(tree, in, event);
}

void call_tree_free(call_tree *tree)
{
    for (size_t i = 0; i < tree->tree_count; i++) {
        free_below(&tree->trees[i]->root);
        free(tree->trees[i]);
    }
    free(tree->trees);
    names_free(&tree->names);
    threads_free(&tree->threads);
}

uint64_t call_node_total(const call_node *node)
{
    uint64_t total = node->calls + node->hidden;
    for (const call_node *child = node->first; child; child = child->next)
        total += call_node_total(child);
    return total;
}
