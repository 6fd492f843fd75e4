"""Reads functions of LLVM IR, as rustc writes it, into bit-vectors of z3: one formula for the result, for all inputs.

Only what straight arithmetic is compiled to is known: integers, vectors nowhere, loads from an argument, branches
without loops. Anything else is an error, never skipped. Where a flag (nuw, nsw, disjoint, exact, samesign, nneg) is
violated, or a shift is too wide, the value is poison: `Result.undefined` says for which inputs the function returns poison
or branches on it, and a proof has to show that there are none.
"""

import re
from collections import namedtuple

import z3

Value = namedtuple("Value", "bits poison")
Pointer = namedtuple("Pointer", "name offset")
Result = namedtuple("Result", "bits undefined branches arguments")

TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


def width(kind):
    found = re.fullmatch(r"i(\d+)", kind)
    if not found:
        raise ValueError(f"a type that is not read: {kind}")
    return int(found[1])


class Module:
    def __init__(self, text):
        self.functions = {}
        for found in re.finditer(r"^define [^\n]*?@([a-z][a-z0-9_]*)\(([^\n]*)\) [^\n]*\{\n(.*?)^\}", text, re.M | re.S):
            self.functions[found[1]] = (found[2], found[3])

    def call(self, name, arguments):
        """The function's result. `arguments` are bit-vectors, or lists of bytes for pointers, in order."""
        signature, body = self.functions[name]
        names = re.findall(r"(?:^|, )(ptr|i\d+) [^,%]*(?:\([^)]*\)[^,%]*)*%([\w.]+)", signature)
        if len(names) != len(arguments):
            raise ValueError(f"{name}: {len(names)} arguments")
        memory, values = {}, {}
        for (kind, argument), given in zip(names, arguments):
            if kind == "ptr":
                memory[argument] = given
                values["%" + argument] = Pointer(argument, 0)
            else:
                assert given.size() == width(kind)
                values["%" + argument] = Value(given, FALSE)
        return Run(name, body, values, memory).result()


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
                self.blocks[label].append(re.sub(r", ![a-z].*$", "", line.strip()))

    def result(self):
        start = next(iter(self.blocks))
        reach, edges = {start: TRUE}, {}
        branches, undefined, returned = 0, [], []
        waiting = self.ordered(start)
        for label in waiting:
            here = reach[label]
            for line in self.blocks[label]:
                if line.startswith("ret "):
                    kind, operand = re.fullmatch(r"ret (\S+) (\S+)", line).groups()
                    value = self.operand(kind, operand)
                    returned.append((here, value))
                elif line.startswith("br i1 "):
                    condition, yes, no = re.fullmatch(r"br i1 (\S+), label %(\S+), label %(\S+)", line).groups()
                    condition = self.operand("i1", condition)
                    branches += 1
                    undefined.append(z3.And(here, condition.poison))
                    taken = condition.bits == 1
                    for to, when in ((yes, z3.And(here, taken)), (no, z3.And(here, z3.Not(taken)))):
                        to = to.strip('"')
                        edges[label, to] = z3.Or(edges.get((label, to), FALSE), when)
                        reach[to] = z3.Or(reach.get(to, FALSE), when)
                elif line.startswith("br label "):
                    to = re.fullmatch(r"br label %(\S+)", line)[1].strip('"')
                    edges[label, to] = here
                    reach[to] = z3.Or(reach.get(to, FALSE), here)
                else:
                    self.step(line, edges, label)
        if not returned:
            raise ValueError(f"{self.name} does not return")
        result = returned[0][1]
        for here, value in returned[1:]:
            result = Value(z3.If(here, value.bits, result.bits), z3.If(here, value.poison, result.poison))
        return Result(result.bits, z3.Or(result.poison, *undefined), branches, self.memory)

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
        text = text.rstrip(",")
        if text in self.values:
            return self.values[text]
        if kind == "ptr":
            raise ValueError(f"a pointer that is not read: {text}")
        if text in ("true", "false"):
            return Value(z3.BitVecVal(text == "true", 1), FALSE)
        if text == "poison":
            return Value(z3.BitVecVal(0, width(kind)), TRUE)
        if re.fullmatch(r"-?\d+", text):
            return Value(z3.BitVecVal(int(text), width(kind)), FALSE)
        raise ValueError(f"an operand that is not read: {kind} {text}")

    def step(self, line, edges, label):
        name, code = re.fullmatch(r"(%\S+) = (.*)", line).groups() if line.startswith("%") else (None, line)
        if name is None:
            raise ValueError(f"an instruction that is not read: {line}")
        self.values[name] = self.compute(code, edges, label)

    def compute(self, code, edges, label):
        if found := re.fullmatch(
            r"(and|or|xor|add|sub|mul|shl|lshr|ashr|udiv|urem)((?: (?:nuw|nsw|disjoint|exact))*) (i\d+) ([^,]+), (\S+)", code
        ):
            kind, flags, size, a, b = found.groups()
            return arithmetic(kind, flags.split(), self.operand(size, a), self.operand(size, b))
        if found := re.fullmatch(r"icmp (samesign )?(\w+) (i\d+) ([^,]+), (\S+)", code):
            samesign, kind, size, a, b = found.groups()
            return compare(kind, samesign, self.operand(size, a), self.operand(size, b))
        if found := re.fullmatch(r"(zext|sext|trunc)((?: (?:nneg|nuw|nsw))*) (i\d+) (\S+) to (i\d+)", code):
            kind, flags, size, a, to = found.groups()
            return convert(kind, flags.split(), self.operand(size, a), width(to))
        if found := re.fullmatch(r"select i1 ([^,]+), (i\d+) ([^,]+), i\d+ (\S+)", code):
            condition, size, a, b = found.groups()
            condition, a, b = self.operand("i1", condition), self.operand(size, a), self.operand(size, b)
            chosen = condition.bits == 1
            poison = z3.Or(condition.poison, z3.If(chosen, a.poison, b.poison))
            return Value(z3.If(chosen, a.bits, b.bits), poison)
        if found := re.fullmatch(r"phi (i\d+) (.*)", code):
            result = None
            for value, source in re.findall(r"\[ ([^,]+), %(\"[^\"]+\"|[^\s]+) \]", found[2]):
                value, came = self.operand(found[1], value), edges[source.strip('"'), label]
                result = value if result is None else Value(
                    z3.If(came, value.bits, result.bits), z3.If(came, value.poison, result.poison)
                )
            return result
        if found := re.fullmatch(r"getelementptr(?: inbounds| nuw| nusw)* i8, ptr ([^,]+), i64 (\d+)", code):
            base = self.operand("ptr", found[1])
            return Pointer(base.name, base.offset + int(found[2]))
        if found := re.fullmatch(r"load (i\d+), ptr ([^,]+)(?:, align \d+)?", code):
            pointer, count = self.operand("ptr", found[2]), width(found[1]) // 8
            there = self.memory[pointer.name][pointer.offset : pointer.offset + count]
            if len(there) != count:
                raise ValueError(f"{self.name} reads behind the end")
            return Value(z3.Concat(*there[::-1]) if count > 1 else there[0], FALSE)
        if found := re.fullmatch(r"(?:tail )?call .*?(i\d+) @llvm\.(\w+)\.i\d+\((.*)\)", code):
            return intrinsic(found[2], [self.operand(*each.split(" ")[::len(each.split(" ")) - 1]) for each in found[3].split(", ")])
        if found := re.fullmatch(r"freeze (i\d+) (\S+)", code):
            value = self.operand(*found.groups())
            return Value(z3.If(value.poison, z3.FreshConst(value.bits.sort()), value.bits), FALSE)
        raise ValueError(f"an instruction that is not read: {code}")


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
    if name == "fshl":
        _, y, by = (argument.bits for argument in arguments)
        by = by & (x.size() - 1)
        both = z3.Concat(x, y) << z3.ZeroExt(x.size(), by)
        return Value(z3.Extract(2 * x.size() - 1, x.size(), both), poison)
    if name in ("umin", "umax"):
        y = arguments[1].bits
        return Value(z3.If(z3.ULT(x, y) == (name == "umin"), x, y), poison)
    raise ValueError(f"an intrinsic that is not read: {name}")
