"""The exceptions. None has a digit of an identifier or a byte of a key in it."""


class Error(Exception):
    """Something is refused.

    ``kind`` names the reason for a program to count and decide by: the name that the Rust library has for it, such as
    ``"NotADigit"``. ``row`` is the number of the refused row of a column, counted from 0, or None.
    """

    def __init__(self, message, kind="", row=None):
        super().__init__(message)
        self.kind = kind
        self.row = row


class ParseError(Error, ValueError):
    """A text is no identifier, or bytes are no token, of this kind."""


class OpenError(Error):
    """A token does not open: another keyring or scope, a key version that is not live, or altered bytes."""


class KeyringError(Error):
    """A keyring cannot be made, read, written or changed as asked."""


class ColumnError(Error, TypeError):
    """A column has a type that the method does not work on, or is no valid array."""


# Where they are imported from, for messages and pickles.
for _error in (Error, ParseError, OpenError, KeyringError, ColumnError):
    _error.__module__ = "telseal"
