#include "call_tree.h"

#include "complain.h"
#include "show_value.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 12
#define MAX_ARG_SIZE 60
#define MAX_RESULT_SIZE 100
/* Two like calls are still worth a line each. */
#define LEAST_RUN 3

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

static call_node *add_node(call_tree *tree, call_node *parent, const ctrace_event *event)
{
    call_node *node = need(calloc(1, sizeof *node));
    node->parent = parent;
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
    node->previous = parent->last;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    tree->nodes++;
    return node;
}

static uint64_t mix(uint64_t hash, uint64_t x)
{
    hash = (hash ^ x) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

static uint64_t shape_of(const call_node *node)
{
    uint64_t shape = mix(node->function_id, (uint64_t)node->ended);
    shape = mix(shape, node->exception.shown.size != 0);
    for (size_t i = 0; i < node->arg_count; i++)
        shape = mix(shape, node->variables[i]);
    for (const call_node *child = node->first; child; child = child->next)
        shape = mix(shape, child->shape);
    return shape;
}

/* Equal hashes promise nothing about a file that someone made for them. */
static bool is_alike(const call_node *a, const call_node *b)
{
    if (a->shape != b->shape || a->function_id != b->function_id || a->ended != b->ended ||
        a->arg_count != b->arg_count || (!a->exception.shown.size) != (!b->exception.shown.size) ||
        (a->arg_count && memcmp(a->variables, b->variables, a->arg_count * sizeof *a->variables) != 0))
        return false;
    const call_node *x = a->first;
    const call_node *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        if (!is_alike(x, y))
            return false;
    return !x && !y;
}

/* Takes `other` and all below it into `node`, which is alike. */
static void merge_node(call_tree *tree, call_node *node, call_node *other)
{
    node->calls += other->calls;
    node->hidden += other->hidden;
    node->more_args |= other->more_args;
    merge_value(&node->result, &other->result);
    merge_value(&node->exception, &other->exception);
    for (size_t i = 0; i < node->arg_count; i++)
        merge_value(&node->args[i], &other->args[i]);
    call_node *child = node->first;
    call_node *theirs = other->first;
    while (theirs) {
        call_node *next = theirs->next;
        merge_node(tree, child, theirs);
        child = child->next;
        theirs = next;
    }
    free(other->args);
    free(other->variables);
    free(other);
    tree->nodes--;
}

static void cut_after(call_node *node)
{
    node->next = NULL;
    node->parent->last = node;
}

/* The last call of `parent` has returned: it may end a run of like calls. */
static void fold_last(call_tree *tree, call_node *parent)
{
    call_node *run[LEAST_RUN] = {parent->last};
    size_t length = 1;
    uint64_t calls = run[0]->calls;
    while (length < LEAST_RUN && calls < LEAST_RUN && run[length - 1]->previous &&
           is_alike(run[length - 1]->previous, run[0])) {
        run[length] = run[length - 1]->previous;
        calls += run[length]->calls;
        length++;
    }
    if (calls < LEAST_RUN || length == 1)
        return;
    call_node *kept = run[length - 1];
    cut_after(kept);
    for (size_t i = length - 1; i-- > 0;)
        merge_node(tree, kept, run[i]);
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
    if (node->ended == OUTCOME_RAISED)
        text_free(&node->exception.shown); /* that is what left it */
    node->shape = shape_of(node);
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
