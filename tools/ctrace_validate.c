/* ctrace-validate: the command "ctrace validate" under its own name. */
#include "commands.h"
#include "complain.h"
#include "screen.h"

int main(int argc, char **argv)
{
    screen_begin();
    complain_as("ctrace-validate");
    int code = validate_command(argc, argv);
    screen_end();
    return code;
}
