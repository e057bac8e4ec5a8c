"""The one exception an artist is meant to see."""


class UserError(Exception):
    """Input that cannot be used, explained in one line.

    The command line prints it after ``ptalker:`` and exits with status 2; operators report it and change nothing.

    Args:
        found: what was found, naming the file or value.
        expected: what would have been accepted.
        advice: what to do next.
    """

    def __init__(self, found: str, expected: str, advice: str) -> None:
        self.found, self.expected, self.advice = found, expected, advice
        super().__init__(f"{found}; expected {expected}; {advice}")
