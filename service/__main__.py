"""Run the `trackrecord` command, also as `python -m service`.

The hundreds of thousands of objects that imports make stay until the end. Going through them again and again, and once
more at the exit, would take the garbage collector a third of the time of a short command.
"""

import gc


def main() -> None:
    """Import the command without the garbage collector, and run it."""
    gc.disable()
    from service.cli import main as command

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
