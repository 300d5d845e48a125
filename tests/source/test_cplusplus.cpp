// A C++ program uses the library as it is.
#include "ctrace/ctrace.h"

#include <cstdio>
#include <string>

namespace
{

int put(void *cookie, uint64_t offset, const char *data, size_t size)
{
    auto &text = *static_cast<std::string *>(cookie);
    text.resize(static_cast<size_t>(offset));
    text.append(data, size);
    return 0;
}

bool fine(ctrace_status status, const ctrace_error &error)
{
    if (status != CTRACE_OK)
        std::fprintf(stderr, "%s: %s\n", ctrace_status_name(status), error.message);
    return status == CTRACE_OK;
}

} // namespace

int main()
{
    std::string text;
    ctrace_sink sink{};
    sink.cookie = &text;
    sink.write = put;
    ctrace_writer_options options{};
    options.size = sizeof options;
    options.program = CTRACE_STR("demo");

    ctrace_writer *writer = nullptr;
    ctrace_error error{};
    if (!fine(ctrace_writer_open_sink(&writer, &sink, &options, &error), error))
        return 1;
    ctrace_writer_start(writer, CTRACE_STR("/src/demo.c"), 1);
    ctrace_step(writer, ctrace_path(writer, CTRACE_STR("/src/demo.c")), 7);
    if (!fine(ctrace_writer_close(&writer, &error), error))
        return 1;

    const std::string step = "{\"Step\":{\"path_id\":0,\"line\":7}}";
    if (writer != nullptr || text.find(step) == std::string::npos) {
        std::fprintf(stderr, "not what was expected:\n%s\n", text.c_str());
        return 1;
    }
    return 0;
}
