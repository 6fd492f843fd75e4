"""Reads functions of LLVM IR, as rustc writes it, into bit-vectors of z3: one formula for the result, for all inputs.

Only what straight arithmetic is compiled to is known: integers and vectors of them, loads and stores at constant
places, branches without loops. Anything else is an error, never skipped. Where a flag (nuw, nsw, disjoint, exact,
samesign, nneg) is violated, a shift is too wide, or memory was never written, the value is poison: `Result.undefined`
says for which inputs the function returns or leaves poison, or branches on it, and a proof has to show that there are
none.

Each value is a list of lanes: as many as a vector has, one for an integer.
"""

import re
from collections import namedtuple

import z3

Value = namedtuple("Value", "bits poison")
Pointer = namedtuple("Pointer", "name offset")
# `arguments` is the memory behind each pointer that was given, by the argument's name, as it is in the end: bytes.
Result = namedtuple("Result", "bits undefined branches arguments")

TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)
NEVER_WRITTEN = Value(z3.BitVecVal(0, 8), TRUE)

TYPE = r"(i\d+|<\d+ x i\d+>)"
OPERAND = r"(<[^>]*>|splat \([^)]*\)|[^\s,]+)"
# Calls that say something to the optimiser and do nothing.
NOTHING = re.compile(r"(?:tail )?call void @llvm\.(?:lifetime\.(?:start|end)|experimental\.noalias\.scope\.decl)\b")


def shape(kind):
    """How many lanes there are, and how many bits each one has."""
    found = re.fullmatch(r"(?:<(\d+) x )?i(\d+)>?", kind)
    if not found or int(found[2]) > 1 and int(found[2]) % 8:
        raise ValueError(f"a type that is not read: {kind}")
    return int(found[1] or 1), int(found[2])


def constant(kind, text):
    lanes, size = shape(kind)
    if text in ("true", "false"):
        text = str(int(text == "true"))
    if text in ("poison", "undef"):
        return [Value(z3.BitVecVal(0, size), TRUE)] * lanes
    if text == "zeroinitializer":
        text = "0" if lanes == 1 else "splat (i0 0)"
    if found := re.fullmatch(r"splat \(i\d+ (\S+)\)", text):
        return constant(f"i{size}", found[1]) * lanes
    if text.startswith("<") and lanes > 1:
        each = [constant(*lane.split(" "))[0] for lane in text[1:-1].split(", ")]
        if len(each) == lanes:
            return each
    if re.fullmatch(r"-?\d+", text) and lanes == 1:
        return [Value(z3.BitVecVal(int(text), size), FALSE)]
    raise ValueError(f"an operand that is not read: {kind} {text}")


def parts(arguments):
    """What is between the commas outside of all brackets."""
    depth, part = 0, ""
    for char in arguments:
        depth += {"(": 1, "<": 1, "[": 1, "{": 1, ")": -1, ">": -1, "]": -1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += char
    if part:
        yield part.strip()


class Module:
    def __init__(self, text):
        self.functions = {}
        for found in re.finditer(r"^define ([^\n]*?)@([a-z][a-z0-9_]*)\(([^\n]*)\) [^\n]*\{\n(.*?)^\}", text, re.M | re.S):
            self.functions[found[2]] = (found[3], found[4], found[1])

    def call(self, name, arguments):
        """The function's result. `arguments` are bit-vectors, or lists of bytes for pointers, in order. A number instead
        of a list stands for so many bytes that were never written."""
        signature, body, returned = self.functions[name]
        names = [(part.split(" ")[0], re.search(r"%([\w.]+)$", part)[1]) for part in parts(signature)]
        if len(names) != len(arguments):
            raise ValueError(f"{name}: {len(names)} arguments")
        memory, values = {}, {}
        for (kind, argument), given in zip(names, arguments):
            if kind == "ptr":
                there = [NEVER_WRITTEN] * given if isinstance(given, int) else [Value(byte, FALSE) for byte in given]
                memory[argument] = there
                values["%" + argument] = Pointer(argument, 0)
            else:
                assert (1, given.size()) == shape(kind)
                values["%" + argument] = [Value(given, FALSE)]
        run = Run(name, body, values, memory).result()
        return run if run.bits is None else run._replace(undefined=z3.Or(run.undefined, outside(run.bits, returned)))


class Run:
    def __init__(self, name, body, values, memory):
        self.name, self.values, self.memory = name, values, memory
        self.blocks, label = {}, None
        for line in body.splitlines():
            line = line.split(" ; ")[0].split(";")[0].rstrip() if not line.startswith("  ") else line
            head = re.fullmatch(r'"?([^"]+?)"?:\s*', line)
            if head and not line.startswith(" "):
                label = head[1]
                self.blocks[label] = []
            elif line.strip():
                if "!range" in line:
                    raise ValueError(f"a range that is not read: {line}")
                self.blocks[label].append(re.sub(r", ![a-z].*$", "", line.strip()))

    def result(self):
        start = next(iter(self.blocks))
        arguments = set(self.memory)
        reach, edges = {start: TRUE}, {}
        branches, undefined, returned = 0, [], []
        for label in self.ordered(start):
            here = reach[label]
            for line in self.blocks[label]:
                if line == "ret void":
                    returned.append((here, None))
                elif found := re.fullmatch(rf"ret {TYPE} {OPERAND}", line):
                    (value,) = self.operand(*found.groups())
                    returned.append((here, value))
                elif found := re.fullmatch(r"br i1 (\S+), label %(\S+), label %(\S+)", line):
                    condition, yes, no = found.groups()
                    (condition,) = self.operand("i1", condition)
                    branches += 1
                    undefined.append(z3.And(here, condition.poison))
                    taken = condition.bits == 1
                    for to, when in ((yes, z3.And(here, taken)), (no, z3.And(here, z3.Not(taken)))):
                        to = to.strip('"')
                        edges[label, to] = z3.Or(edges.get((label, to), FALSE), when)
                        reach[to] = z3.Or(reach.get(to, FALSE), when)
                elif found := re.fullmatch(r"br label %(\S+)", line):
                    to = found[1].strip('"')
                    edges[label, to] = here
                    reach[to] = z3.Or(reach.get(to, FALSE), here)
                elif line.startswith("store "):
                    self.store(line, here)
                elif not NOTHING.match(line):
                    self.step(line, edges, label)
        if not returned:
            raise ValueError(f"{self.name} does not return")
        memory = {name: self.memory[name] for name in arguments}
        undefined += [either(there) for there in memory.values()]
        bits = None
        for here, value in returned:
            if value is not None:
                undefined.append(z3.And(here, value.poison))
                bits = value.bits if bits is None else z3.If(here, value.bits, bits)
        memory = {name: [byte.bits for byte in there] for name, there in memory.items()}
        return Result(bits, z3.Or(*undefined), branches, memory)

    def ordered(self, start):
        """The blocks, each behind all that lead to it. A loop is an error."""
        order, state = [], {}

        def visit(label):
            if state.get(label) == "open":
                raise ValueError(f"{self.name} has a loop")
            if label in state:
                return
            state[label] = "open"
            for to in re.findall(r"label %(\"[^\"]+\"|[^\s,]+)", self.blocks[label][-1]):
                visit(to.strip('"'))
            state[label] = "done"
            order.append(label)

        visit(start)
        return order[::-1]

    def operand(self, kind, text):
        if text not in self.values and kind != "ptr":
            return constant(kind, text)
        return self.values[text]

    def place(self, pointer, count):
        there, at = self.memory[pointer.name], pointer.offset
        if not 0 <= at <= at + count <= len(there):
            raise ValueError(f"{self.name} goes beyond the end")
        return there, at

    def store(self, line, here):
        found = re.fullmatch(rf"store {TYPE} {OPERAND}, ptr {OPERAND}(?:, align \d+)?", line)
        if not found:
            raise ValueError(f"a store that is not read: {line}")
        values, (lanes, size) = self.operand(found[1], found[2]), shape(found[1])
        there, at = self.place(self.operand("ptr", found[3]), lanes * size // 8)
        octets = [Value(z3.Extract(low + 7, low, value.bits), value.poison) for value in values for low in range(0, size, 8)]
        for at, octet in enumerate(octets, at):
            there[at] = octet if here is TRUE else if_(here, octet, there[at])

    def step(self, line, edges, label):
        found = re.fullmatch(r"(%\S+) = (.*)", line)
        if not found:
            raise ValueError(f"an instruction that is not read: {line}")
        self.values[found[1]] = self.compute(found[2], edges, label, found[1])

    def compute(self, code, edges, label, name):
        if found := re.fullmatch(
            rf"(and|or|xor|add|sub|mul|shl|lshr|ashr|udiv|urem)((?: (?:nuw|nsw|disjoint|exact))*) {TYPE} {OPERAND}, {OPERAND}",
            code,
        ):
            kind, flags, size, a, b = found.groups()
            return [arithmetic(kind, flags.split(), *lanes) for lanes in zip(self.operand(size, a), self.operand(size, b))]
        if found := re.fullmatch(rf"icmp (samesign )?(\w+) {TYPE} {OPERAND}, {OPERAND}", code):
            samesign, kind, size, a, b = found.groups()
            return [compare(kind, samesign, *lanes) for lanes in zip(self.operand(size, a), self.operand(size, b))]
        if found := re.fullmatch(rf"(zext|sext|trunc)((?: (?:nneg|nuw|nsw))*) {TYPE} {OPERAND} to {TYPE}", code):
            kind, flags, size, a, to = found.groups()
            return [convert(kind, flags.split(), lane, shape(to)[1]) for lane in self.operand(size, a)]
        if found := re.fullmatch(rf"select {TYPE} {OPERAND}, {TYPE} {OPERAND}, {TYPE} {OPERAND}", code):
            condition, a, b = (self.operand(*found.groups()[at : at + 2]) for at in (0, 2, 4))
            return [choose(*lanes) for lanes in zip(condition if len(condition) > 1 else condition * len(a), a, b)]
        if found := re.fullmatch(rf"phi {TYPE} (.*)", code):
            result = None
            for value, source in re.findall(rf"\[ {OPERAND}, %(\"[^\"]+\"|[^\s]+) \]", found[2]):
                value, came = self.operand(found[1], value), edges[source.strip('"'), label]
                result = value if result is None else [if_(came, *lanes) for lanes in zip(value, result)]
            return result
        if found := re.fullmatch(rf"extractelement {TYPE} {OPERAND}, i64 (\d+)", code):
            return [self.operand(found[1], found[2])[int(found[3])]]
        if found := re.fullmatch(rf"insertelement {TYPE} {OPERAND}, (i\d+) {OPERAND}, i64 (\d+)", code):
            lanes, at = list(self.operand(found[1], found[2])), int(found[5])
            lanes[at : at + 1] = self.operand(found[3], found[4])
            return lanes
        if found := re.fullmatch(rf"shufflevector {TYPE} {OPERAND}, {TYPE} {OPERAND}, {TYPE} {OPERAND}", code):
            both = self.operand(*found.groups()[:2]) + self.operand(*found.groups()[2:4])
            size = both[0].bits.size()
            from_ = constant(*found.groups()[4:])
            nothing = Value(z3.BitVecVal(0, size), TRUE)
            return [nothing if z3.is_true(at.poison) else both[at.bits.as_long()] for at in from_]
        if found := re.fullmatch(r"alloca \[(\d+) x i8\](?:, align \d+)?", code):
            self.memory[name] = [NEVER_WRITTEN] * int(found[1])
            return Pointer(name, 0)
        if found := re.fullmatch(rf"getelementptr(?: inbounds| nuw| nusw)* i8, ptr {OPERAND}, i64 (-?\d+)", code):
            base = self.operand("ptr", found[1])
            return Pointer(base.name, base.offset + int(found[2]))
        if found := re.fullmatch(rf"load {TYPE}, ptr {OPERAND}(?:, align \d+)?", code):
            lanes, size = shape(found[1])
            there, at = self.place(self.operand("ptr", found[2]), lanes * size // 8)
            each = [there[low : low + size // 8] for low in range(at, at + lanes * size // 8, size // 8)]
            return [
                Value(z3.Concat(*(byte.bits for byte in lane[::-1])) if size > 8 else lane[0].bits, either(lane))
                for lane in each
            ]
        if found := re.fullmatch(r"(?:tail )?call .*?@llvm\.(\w+)\.(?:v\d+)?i\d+\((.*)\)", code):
            operands = [
                self.operand(*re.fullmatch(rf"{TYPE} (?:\w+ )*?{OPERAND}", each).groups()) for each in parts(found[2])
            ]
            count = max(map(len, operands))
            results = [intrinsic(found[1], lanes) for lanes in zip(*(each * (count // len(each)) for each in operands))]
            return [Value(value.bits, z3.Or(value.poison, outside(value.bits, code.partition("@")[0]))) for value in results]
        if found := re.fullmatch(rf"freeze {TYPE} {OPERAND}", code):
            return [
                Value(z3.If(value.poison, z3.FreshConst(value.bits.sort()), value.bits), FALSE)
                for value in self.operand(*found.groups())
            ]
        raise ValueError(f"an instruction that is not read: {code}")


def outside(bits, attributes):
    """Whether a result is outside of the range that its attributes promise, which makes it poison."""
    found = re.search(r"range\(i\d+ (-?\d+), (-?\d+)\)", attributes)
    if not found:
        return FALSE
    low, end = (z3.BitVecVal(int(bound), bits.size()) for bound in found.groups())
    return z3.UGE(bits - low, end - low)


def either(values):
    """Whether one of these is poison. Most are not, and say so in one word."""
    poisons = [value.poison for value in values if not z3.is_false(value.poison)]
    return z3.Or(*poisons) if poisons else FALSE


def if_(condition, a, b):
    return Value(z3.If(condition, a.bits, b.bits), z3.If(condition, a.poison, b.poison))


def choose(condition, a, b):
    chosen = if_(condition.bits == 1, a, b)
    return Value(chosen.bits, z3.Or(condition.poison, chosen.poison))


def arithmetic(kind, flags, a, b):
    x, y = a.bits, b.bits
    poison = [a.poison, b.poison]
    too_far = z3.UGE(y, x.size())
    operations = {
        "and": lambda: x & y, "or": lambda: x | y, "xor": lambda: x ^ y, "add": lambda: x + y, "sub": lambda: x - y,
        "mul": lambda: x * y, "shl": lambda: x << y, "lshr": lambda: z3.LShR(x, y), "ashr": lambda: x >> y,
        "udiv": lambda: z3.UDiv(x, y), "urem": lambda: z3.URem(x, y),
    }
    bits = operations[kind]()
    if kind in ("shl", "lshr", "ashr"):
        poison.append(too_far)
    if kind in ("udiv", "urem"):
        raise ValueError("a division, whose time may depend on its operands")
    for flag in flags:
        if flag == "disjoint":
            poison.append(x & y != 0)
        elif flag == "exact":
            poison.append((bits << y) != x)
        elif kind == "shl":
            back = z3.LShR(bits, y) if flag == "nuw" else bits >> y
            poison.append(back != x)
        else:
            signed = flag == "nsw"
            fits = {
                "add": lambda: [z3.BVAddNoOverflow(x, y, signed)] + ([z3.BVAddNoUnderflow(x, y)] if signed else []),
                "sub": lambda: [z3.BVSubNoUnderflow(x, y, signed)] + ([z3.BVSubNoOverflow(x, y)] if signed else []),
                "mul": lambda: [multiplies(x, y, signed)],
            }[kind]()
            poison.extend(z3.Not(each) for each in fits)
    return Value(bits, z3.Or(*poison))


def multiplies(x, y, signed):
    """Whether a product with a constant fits: a range, which a solver sees through, as it does not through products."""
    size, by = x.size(), y.as_signed_long() if signed else y.as_long()
    if by == 0:
        return TRUE
    if not signed:
        return z3.ULE(x, ((1 << size) - 1) // by)
    least, most = -(1 << (size - 1)), (1 << (size - 1)) - 1
    from_, to = (least, most) if by > 0 else (most, least)
    return z3.And(x >= max(-(-from_ // by), least), x <= min(to // by, most))


def compare(kind, samesign, a, b):
    x, y = a.bits, b.bits
    holds = {
        "eq": lambda: x == y, "ne": lambda: x != y, "ult": lambda: z3.ULT(x, y), "ule": lambda: z3.ULE(x, y),
        "ugt": lambda: z3.UGT(x, y), "uge": lambda: z3.UGE(x, y), "slt": lambda: x < y, "sle": lambda: x <= y,
        "sgt": lambda: x > y, "sge": lambda: x >= y,
    }[kind]()
    poison = [a.poison, b.poison]
    if samesign:
        poison.append((x < 0) != (y < 0))
    return Value(z3.If(holds, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)), z3.Or(*poison))


def convert(kind, flags, a, to):
    x, poison = a.bits, [a.poison]
    if kind == "trunc":
        bits = z3.Extract(to - 1, 0, x)
        if "nuw" in flags:
            poison.append(z3.ZeroExt(x.size() - to, bits) != x)
        if "nsw" in flags:
            poison.append(z3.SignExt(x.size() - to, bits) != x)
    else:
        bits = (z3.ZeroExt if kind == "zext" else z3.SignExt)(to - x.size(), x)
        if "nneg" in flags:
            poison.append(x < 0)
    return Value(bits, z3.Or(*poison))


def intrinsic(name, arguments):
    x = arguments[0].bits
    poison = z3.Or(*(argument.poison for argument in arguments))
    if name == "cttz":
        bits = z3.BitVecVal(x.size(), x.size())
        for at in reversed(range(x.size())):
            bits = z3.If(z3.Extract(at, at, x) == 1, z3.BitVecVal(at, x.size()), bits)
        return Value(bits, z3.Or(poison, z3.And(arguments[1].bits == 1, x == 0)))
    if name == "fshl" and x.size() & (x.size() - 1) == 0:
        _, y, by = (argument.bits for argument in arguments)
        by = by & (x.size() - 1)
        both = z3.Concat(x, y) << z3.ZeroExt(x.size(), by)
        return Value(z3.Extract(2 * x.size() - 1, x.size(), both), poison)
    if name in ("umin", "umax"):
        y = arguments[1].bits
        return Value(z3.If(z3.ULT(x, y) == (name == "umin"), x, y), poison)
    raise ValueError(f"an intrinsic that is not read: {name}")
