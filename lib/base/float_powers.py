"""Writes float_powers.c: run `python3 float_powers.py > float_powers.c` in this folder."""

LEAST, GREATEST = -342, 324


def power(exponent):
    """The first 128 bits of 10**exponent, cut off, not rounded."""
    if exponent >= 0:
        number = 10**exponent
        shift = number.bit_length() - 128
        return number >> shift if shift >= 0 else number << -shift
    divisor = 10**-exponent
    return (1 << (127 + divisor.bit_length())) // divisor


def text():
    lines = [
        "/* Written by float_powers.py; a test compares. Do not edit. */",
        '#include "base/float_powers.h"',
        "",
        "const ctr_wide ctr_powers_of_ten[CTR_POWER_GREATEST - CTR_POWER_LEAST + 1] = {",
    ]
    for exponent in range(LEAST, GREATEST + 1):
        bits = power(exponent)
        assert bits.bit_length() == 128
        lines.append(f"    {{0x{bits >> 64:016x}, 0x{bits % 2**64:016x}}}, /* 1e{exponent} */")
    return "\n".join([*lines, "};", ""])


if __name__ == "__main__":
    print(text(), end="")
