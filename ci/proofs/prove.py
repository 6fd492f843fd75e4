"""Proves the digit arithmetic against naive specifications, for all inputs, and that its machine code has no branch and
no address that could depend on one. `ci/proofs/run` calls it."""

import re
import sys
import time

import z3

from ir import Module, parts

WORD = z3.BitVec("block", 64)
MIN, MAX, ZERO_FIRST = z3.BitVec("min", 64), z3.BitVec("max", 64), z3.BitVec("zero_first", 1)
ZERO_IS_NO_DIGIT = ZERO_FIRST == 0
SIZES = z3.And(z3.ULE(MIN, 16), z3.ULE(MAX, 16))
AT = z3.BitVec("at", 64)


def nibble(word, at):
    return z3.Extract(4 * at + 3, 4 * at, word)


def number(value):
    return z3.BitVecVal(value, 64)


def first(holds):
    """The first place from 0 to 15 at which something holds, 16 where it holds nowhere."""
    place = number(16)
    for at in reversed(range(16)):
        place = z3.If(holds(at), number(at), place)
    return place


def is_filler(at):
    return nibble(WORD, at) == 15


def naive_verdict():
    """What `check` says of a block, digit by digit."""
    bad = first(lambda at: z3.And(z3.UGT(nibble(WORD, at), 9), z3.Not(is_filler(at))))
    count = first(is_filler)
    gap = z3.Or(*(z3.And(is_filler(at), z3.Not(is_filler(at + 1))) for at in range(15)))
    return z3.If(
        z3.ULT(bad, 16), 0x100 + bad,
        z3.If(gap, 0x200 + count,
              z3.If(z3.Or(z3.ULT(count, MIN), z3.UGT(count, MAX)), 0x300 + count,
                    z3.If(z3.And(nibble(WORD, 0) == 0, ZERO_IS_NO_DIGIT), number(1), number(0)))),
    )


def text(length):
    return [z3.BitVec(f"byte{at}", 8) for at in range(length)]


def are_digits(characters):
    return z3.And(*(z3.And(z3.UGE(each, 0x30), z3.ULE(each, 0x39)) for each in characters))


def zero_refused(characters):
    return z3.And(characters[0] == 0x30, ZERO_IS_NO_DIGIT) if characters else z3.BoolVal(False)


def packed(characters):
    nibbles = [z3.Extract(3, 0, each - 0x30) for each in characters] + [z3.BitVecVal(15, 4)] * (16 - len(characters))
    return z3.Concat(*nibbles[::-1])


def halves(result):
    """Word and verdict of a result that has both."""
    return z3.Extract(127, 64, result), z3.Extract(63, 0, result)


def of_refuses(call):
    run = call([WORD, MIN, MAX, ZERO_FIRST])
    return SIZES, run, (run.bits == 0) == (naive_verdict() == 0)


def of_check(call):
    run = call([WORD, MIN, MAX, ZERO_FIRST])
    word, verdict = halves(run.bits)
    return SIZES, run, z3.And(verdict == naive_verdict(), z3.Implies(verdict == 0, word == WORD))


def of_len(call):
    run = call([WORD])
    return True, run, run.bits == first(is_filler)


def are_characters(word, text):
    characters = [z3.Extract(8 * at + 7, 8 * at, text) for at in range(16)]
    return z3.And(*(each == 0x30 + z3.ZeroExt(4, nibble(word, at)) for at, each in enumerate(characters)))


def of_unpack(call):
    run = call([WORD])
    return True, run, are_characters(WORD, run.bits)


def of_luhn(call):
    run = call([WORD])
    digits = [z3.ZeroExt(4, nibble(WORD, at)) for at in range(14)]
    # The last of the 14 is doubled, and every second one before it; of 10 to 18 the digits are added.
    pairs = [
        plain + z3.If(z3.UGE(doubled, 5), 2 * doubled - 9, 2 * doubled) for plain, doubled in zip(digits[::2], digits[1::2])
    ]
    return z3.And(*(z3.ULE(digit, 9) for digit in digits)), run, luhn_digit(sum(pairs), run.bits), pairs


def of_digit(call):
    run = call([WORD, AT])
    right = (z3.Implies(AT == i, run.bits == z3.ZeroExt(60, nibble(WORD, i))) for i in range(16))
    return z3.ULT(AT, 16), run, z3.And(*right)


def of_with_digit(call):
    value = z3.BitVec("value", 64)
    run = call([WORD, AT, value])
    new = [z3.If(AT == i, z3.Extract(3, 0, value), nibble(WORD, i)) for i in range(16)]
    return z3.And(z3.ULT(AT, 16), z3.ULT(value, 16)), run, run.bits == z3.Concat(*new[::-1])


def of_is_digit(call):
    byte = z3.BitVec("byte", 8)
    run = call([byte])
    return True, run, (run.bits == 1) == are_digits([byte])


def of_is_not_zero(call):
    run = call([WORD])
    return True, run, run.bits == z3.If(WORD == 0, number(0), number(1))


def of_pack(call, length):
    characters = text(length)
    run = call([characters, ZERO_FIRST])
    word, verdict = halves(run.bits)
    expected = z3.If(are_digits(characters), z3.If(zero_refused(characters), number(1), number(0)), number(2))
    return True, run, z3.And(verdict == expected, z3.Implies(verdict == 0, word == packed(characters)))


def of_texts(call, length):
    characters = text(length)
    run = call([characters, ZERO_FIRST])
    word, fault = halves(run.bits)
    accepted = z3.And(are_digits(characters), z3.Not(zero_refused(characters)), 8 <= length < 16)
    return True, run, z3.And((fault == 0) == accepted, z3.Implies(accepted, word == packed(characters)))


def side_by_side(run, name, size):
    """The words of an array that was written."""
    octets = run.arguments[name]
    return [z3.Concat(*octets[at : at + size][::-1]) for at in range(0, len(octets), size)]


def of_texts_many(call):
    texts = [[z3.BitVec(f"byte{at}of{each}", 8) for at in range(16)] for each in range(8)]
    run = call([sum(texts, []), 64, 64])
    right = []
    for characters, word, fault in zip(texts, side_by_side(run, "blocks", 8), side_by_side(run, "faults", 8)):
        characters = characters[: 8 + len(right)]
        accepted = z3.And(are_digits(characters), characters[0] != 0x30)
        right.append(z3.And((fault == 0) == accepted, z3.Implies(accepted, word == packed(characters))))
    return True, run, z3.And(*right)


def blocks():
    """Eight blocks side by side, and their bytes."""
    words = [z3.BitVec(f"block{each}", 64) for each in range(8)]
    return words, [z3.Extract(low + 7, low, word) for word in words for low in range(0, 64, 8)]


def of_refuses_many(call):
    words, octets = blocks()
    run = call([octets, MIN, MAX, 64])
    accepted = z3.substitute(naive_verdict() == 0, (ZERO_FIRST, z3.BitVecVal(0, 1)))
    pairs = zip(words, side_by_side(run, "verdicts", 8))
    return SIZES, run, z3.And(*((verdict == 0) == z3.substitute(accepted, (WORD, word)) for word, verdict in pairs))


def of_unpack_many(call):
    words, octets = blocks()
    run = call([octets, 128])
    return True, run, z3.And(*(are_characters(word, text) for word, text in zip(words, side_by_side(run, "texts", 16))))


def of_octets(call, length):
    characters = text(length)
    run = call([characters])
    octets = characters + [z3.BitVecVal(0xFF, 8)] * (8 - length)
    return True, run, run.bits == z3.Concat(*octets[::-1])


# A claim for each function: what is assumed of its inputs, its run, what must hold, and steps.
CLAIMS = {name: globals()[f"of_{name}"] for name in (
    "refuses", "check", "len", "unpack", "luhn", "digit", "with_digit", "is_digit", "is_not_zero",
    "refuses_many", "unpack_many", "texts_many",
)}
for kind, lengths in (("pack", range(17)), ("texts", range(17)), ("octets", range(9))):
    for length in lengths:
        CLAIMS[f"{kind}_{length}"] = lambda call, claim=globals()[f"of_{kind}"], length=length: claim(call, length)


def luhn_digit(total, check):
    """Brings a sum, which is below 256, to a multiple of 10."""
    return z3.And(z3.ULT(check, 10), z3.URem(total + z3.Extract(7, 0, check), z3.BitVecVal(10, 8)) == 0)


def subterms(term, seen):
    if term.get_id() not in seen:
        seen.add(term.get_id())
        yield term
        for child in term.children():
            yield from subterms(child, seen)


def ask(*constraints):
    """Whether there are such inputs: "sat" and which, "unsat", or "unknown"."""
    solver = z3.Solver()
    solver.set("timeout", 60_000)
    solver.add(*constraints)
    verdict = solver.check()
    return str(verdict), solver.model() if verdict == z3.sat else ""


def luhn_by_steps(assumed, run, pairs):
    """A solver does not see through the sum of so many digits in another order. So: what is multiplied by 1 in every byte are
    the pairs' sums, a byte each; whatever they are, up to 18, the top byte of the product is their sum; whatever that is, up
    to 126, the digit is right. Each step for all values, and each on the compiled code."""
    ones = 0x0101_0101_0101_0101
    products = [
        (term, other)
        for term in subterms(run.bits, set())
        if z3.is_app_of(term, z3.Z3_OP_BMUL)
        for one, other in (term.children(), term.children()[::-1])
        if z3.is_bv_value(one) and one.as_long() == ones and not z3.is_bv_value(other)
    ]
    if len(products) != 1:
        return False
    octets = [z3.BitVec(f"pair{at}", 8) for at in range(7)]
    packed_octets = z3.Concat(z3.BitVecVal(0, 8), *octets[::-1])
    packed_pairs = z3.Concat(z3.BitVecVal(0, 8), *pairs[::-1])
    rest = z3.substitute(run.bits, (products[0][1], packed_octets))
    tops = [
        term
        for term in subterms(rest, set())
        if z3.is_app_of(term, z3.Z3_OP_BLSHR) and z3.is_bv_value(term.arg(1)) and term.arg(1).as_long() == 56
    ]
    if len(tops) != 1:
        return False
    total = z3.BitVec("total", 8)
    last = z3.substitute(rest, (tops[0], z3.ZeroExt(56, total)))
    if not {str(term) for term in subterms(last, set()) if z3.is_const(term) and not z3.is_bv_value(term)} <= {"total"}:
        return False
    steps = [
        [assumed, run.undefined],
        [assumed, z3.Or(products[0][1] != packed_pairs, *(z3.UGT(pair, 18) for pair in pairs))],
        [*(z3.ULE(octet, 18) for octet in octets), tops[0] != z3.ZeroExt(56, sum(octets))],
        [*(z3.ULE(octet, 18) for octet in octets), z3.UGT(sum(octets), 126)],
        [z3.ULE(total, 126), z3.Not(luhn_digit(total, last))],
    ]
    return all(ask(*step)[0] == "unsat" for step in steps)


def prove(path, names):
    """Which claims do not hold: refuted, or without an answer."""
    module = Module(open(path).read())
    unproven, began = {}, time.monotonic()
    for name in names:
        assumed, run, right, *steps = CLAIMS[name](lambda arguments: module.call(name, arguments))
        if steps and luhn_by_steps(assumed, run, *steps):
            continue
        verdict, inputs = ask(assumed, z3.Not(z3.And(right, z3.Not(run.undefined))))
        if verdict != "unsat":
            unproven[name] = "refuted" if verdict == "sat" else "no answer in time"
            print(f"{unproven[name]}: {name}: {inputs}")
    print(f"{len(names) - len(unproven)} of {len(names)} proven in {time.monotonic() - began:.0f} s")
    return unproven


# Verdicts are branches in these; all others have no branch.
BRANCH = re.compile(r"check|pack_\d+")


class X86:
    """What to know of an instruction, in the notation of AT&T: the target stands last."""

    ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")
    ALWAYS = {"rsp", "rip"}
    ENDS = ("ret", "retq", "jmp")
    JUMPS = re.compile(r"j\w+|loop\w*")
    # Not looked into, or of a time that may depend on the operands.
    REFUSED = re.compile(r"call\w*|i?div\w*|rep|v?pcmp[ei]str\w*|cmpxchg\w*|xchg\w*|xadd\w*|v?p?gather\w*|v?p?scatter\w*")
    READS_ONLY = re.compile(r"cmp[bwlq]|test[bwlq]|v?ptest|bt[wlq]|push[wlq]|ret[q]?|vzeroupper|j\w+")
    ADDRESS = re.compile(r"\(([^)]*)\)")
    NAMES = {f"r{at}{width}": f"r{at}" for at in range(8, 16) for width in ("", "d", "w", "b")}
    NAMES |= {each.format(name): f"r{name}x" for name in "abcd" for each in ("r{}x", "e{}x", "{}x", "{}l", "{}h")}
    NAMES |= {each.format(name): f"r{name}" for name in ("si", "di", "sp", "bp", "ip") for each in ("r{}", "e{}", "{}", "{}l")}

    @classmethod
    def register(cls, operand):
        """Its name, which all of its widths have. Nothing for all else."""
        return cls.NAMES.get(operand.removeprefix("%"))

    @classmethod
    def written(cls, operation, operands):
        """The registers that are written, and the one of which they become copies, with a constant added."""
        if cls.READS_ONLY.fullmatch(operation):
            return set(), None
        if not operands:
            raise ValueError(f"an instruction that is not read: {operation}")
        if operation.startswith(("mul", "imul")) and len(operands) == 1:
            return {"rax", "rdx"}, None
        copied = None
        if operation.startswith("lea") and (address := cls.ADDRESS.search(operands[0])):
            copied = address[1]
        elif operation == "movq":
            copied = operands[0]
        elif operation in ("addq", "subq") and operands[0].startswith("$") or operation == "andq" and operands[1] == "%rsp":
            copied = operands[1]
        count = 2 if operation.startswith("mulx") else 1
        return {cls.register(each) for each in operands[-count:]} - {None}, copied and cls.register(copied)


class Arm:
    """The same; the target stands first."""

    ARGUMENTS = tuple(f"x{at}" for at in range(8))
    ALWAYS = {"sp"}
    ENDS = ("ret", "b")
    JUMPS = re.compile(r"b|bc?\.\w+|[ct]bn?z")
    REFUSED = re.compile(r"bl|bl?r|[su]div|(?:ld|st)(?!r$|ur$|p$|r[bh]$|ur[bh]$|rs[bhw]$|1$|1r$)\w+")
    READS_ONLY = re.compile(r"st\w+|cmp|cmn|tst|ccmp|fcmp|ret|nop|b|bc?\.\w+|[ct]bn?z")
    ADDRESS = re.compile(r"(?<=[ \t])\[([^]]*)\]")

    @staticmethod
    def register(operand):
        # With a constant beside it, which may be a symbol's.
        found = re.fullmatch(r"[xw](\d+)|(sp)", re.sub(r", (#-?\d+|:lo12:[.\w]+)$", "", operand))
        return found and (found[2] or "x" + found[1])

    @classmethod
    def written(cls, operation, operands):
        if any(operand.startswith("[") and re.fullmatch(r"[xw]\d+", after) for operand, after in zip(operands, operands[1:])):
            raise ValueError(f"an instruction that is not read: {operation} {operands}")
        if cls.READS_ONLY.fullmatch(operation):
            return set(), None
        if not operands:
            raise ValueError(f"an instruction that is not read: {operation}")
        if operation == "adrp":
            return {cls.register(operands[0])}, "sp"
        constant = operation in ("add", "sub") and re.fullmatch(r"#\d+|:lo12:[.\w]+", operands[-1])
        copied = cls.register(operands[1]) if constant or operation == "mov" else None
        count = 2 if operation == "ldp" else 1
        return {cls.register(each) for each in operands[:count]} - {None}, copied


# Their verdict is a jump, and the place of what is refused is looked for: jumps are no leak in these.
JUMPING = {"check"} | {f"pack_{length}" for length in range(17)}
# Besides those that a claim is proven of.
MORE = {f"octets_{length}" for length in range(9, 17)}


def instructions(machine, body):
    """Labels, and of each instruction: its name, the labels it jumps to, what it writes, the registers of its address."""
    for line in body.splitlines():
        if label := re.match(r"(\.L\w+):", line):
            yield label[1], [], (set(), None), []
        elif re.match(r"\t[a-z]", line):
            operation, *operands = re.sub(r"^\s*rep\s+(?=bsf)", "", line).split(maxsplit=1)
            operands = list(parts("".join(operands)))
            targets = [operand for operand in operands if operand.startswith(".L")] if machine.JUMPS.fullmatch(operation) else []
            addresses = [
                machine.register(address) for operand in operands for address in machine.ADDRESS.findall(" " + operand)
            ]
            yield operation, targets, machine.written(operation, operands), [] if operation.startswith("lea") else addresses


def is_straight(machine, body, pointers, jumps):
    """Whether there is no call, no division, no jump but where those are let through, and no address but a pointer that was
    given, the stack or a constant, with a constant added."""
    code = list(instructions(machine, body))
    labels = {name: at for at, (name, *_) in enumerate(code) if name.startswith(".L")}
    before = {0: pointers}  # which registers are pointers before each instruction, whatever the way there
    waiting = [0]
    while waiting:
        at = waiting.pop()
        operation, targets, (written, copied), addresses = code[at]
        here = before[at]
        if machine.REFUSED.fullmatch(operation) or any(address not in here for address in addresses):
            return False
        if machine.JUMPS.fullmatch(operation) and not (jumps and targets):
            return False
        after = here | written if copied in here else here - written
        following = [labels[target] for target in targets]
        if operation not in machine.ENDS:
            following.append(at + 1)
        for to in following:
            known = before.get(to)
            if known is None or not known <= after:
                before[to] = after if known is None else known & after
                waiting.append(to)
    return True


# What must be seen, with the first argument a pointer, or with none.
LEAKS = {
    X86: (
        ("a pointer was put down, and then there is a table", "movq\t%rdi, -8(%rsp)\n\tmovq\t(%rcx,%rax,8), %rax"),
        ("the same, in a vector", "movq\t%rdi, %xmm0\n\tmovq\t(%rcx,%rax,8), %rax"),
        ("a pointer was overwritten", "movq\t(%rdi), %rdi\n\tmovzbl\t(%rdi), %eax"),
        ("a pointer was overwritten in a product", "leaq\t(%rdi), %rdx\n\timulq\t%rcx\n\tmovq\t(%rdx), %rax"),
        ("an argument that is no pointer", "movzbl\t(%rsi), %eax"),
        ("a pointer with a digit in it", "addq\t%rsi, %rdi\n\tmovzbl\t(%rdi), %eax"),
        ("a pointer cut to a table's size", "andq\t$15, %rdi\n\tmovzbl\t(%rdi), %eax"),
        ("a division", "divq\t%rcx"),
        ("a call", "callq\t*%rax"),
        ("a jump", "jne\t.LBB0_1\n.LBB0_1:"),
        ("a jump to where a digit says", "jmpq\t*%rax"),
        ("as many bytes as a digit says", "rep\tmovsb"),
        ("a table behind a jump back", ".LBB0_1:\n\tmovzbl\t(%rdi), %eax\n\tmovq\t%rax, %rdi\n\tjne\t.LBB0_1"),
    ),
    Arm: (
        ("a pointer was put down, and then there is a table", "mov\tv0.d[1], x0\n\tldr\tx0, [x9, x8, lsl #3]"),
        ("a pointer was overwritten", "ldr\tx0, [x0]\n\tldrb\tw0, [x0]"),
        ("an argument that is no pointer", "ldrb\tw0, [x1]"),
        ("a pointer with a digit in it", "add\tx0, x0, x1\n\tldrb\tw0, [x0]"),
        ("the second of a pair", "mov\tx2, x0\n\tldp\tx1, x2, [x0]\n\tldrb\tw0, [x2]"),
        ("a division", "udiv\tx0, x0, x1"),
        ("a call", "bl\tmemcpy"),
        ("a jump", "tbz\tw0, #0, .LBB0_1\n.LBB0_1:"),
        ("a jump to where a digit says", "br\tx8"),
    ),
}


def leaks_are_seen(machine):
    for what, code in LEAKS[machine]:
        code = code if code.startswith(".L") else f"\t{code}"
        if is_straight(machine, f"{code}\n\tret\n", {machine.ARGUMENTS[0]} | machine.ALWAYS, jumps="jump back" in what):
            raise ValueError(f"not seen: {what}")


def straight(path):
    """Which functions of an assembly file are not straight. What is an argument's pointer is read in the IR beside it."""
    text, signatures = open(path).read(), Module(open(re.sub(r"s$", "ll", path)).read()).functions
    machine = X86 if "%rsp" in text else Arm
    leaks_are_seen(machine)
    found, names = [], set()
    for name, body in re.findall(r"^([a-z][a-z0-9_]*):\n(.*?)^\.Lfunc_end", text, re.M | re.S):
        names.add(name)
        if not re.search(r"^\tretq?$", body, re.M):
            raise ValueError(f"{name} does not return")
        given = zip(machine.ARGUMENTS, parts(signatures[name][0]))
        pointers = {register for register, argument in given if argument.startswith("ptr ")} | machine.ALWAYS
        if not is_straight(machine, body, pointers, name in JUMPING):
            found.append(name)
    return found, names


def main():
    action, path, *rest = sys.argv[1:]
    if action == "prove":
        sys.exit(bool(prove(path, list(CLAIMS))))
    if action == "refute":
        # A control: the claim on this function is refuted by inputs, not just left open.
        sys.exit(prove(path, rest) != {rest[0]: "refuted"})
    found, names = straight(path)
    if names != set(CLAIMS) | MORE:
        raise ValueError(f"other functions: {names ^ (set(CLAIMS) | MORE)}")
    print(f"{len(names) - len(found)} of {len(names)} functions have no call, no division and no computed address", *found)
    # A control: the function is seen.
    sys.exit(found != rest)


main()
