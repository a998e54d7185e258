"""Is a person in front of it? Widgets are built and threads used only then."""

import os

#: set to 1 or 0 to decide by hand
VARIABLE = "WORKBENCH_LIVE"
#: variables that front ends with widgets set in their kernels; papermill and nbconvert set none of them
FRONT_ENDS = ("JPY_SESSION_NAME", "VOILA_KERNEL_ID", "VSCODE_PID")


def live(explicit: bool | None = None) -> bool:
    """Whether a live front end shows this kernel's output.

    Args:
        explicit: the caller's own word, which wins; then the environment variable ``WORKBENCH_LIVE`` (0 or 1), then
            the traces of known front ends.
    """
    if explicit is not None:
        return explicit
    word = os.environ.get(VARIABLE, "").lower()
    if word:
        return word not in ("0", "false", "no")
    return any(os.environ.get(name) for name in FRONT_ENDS)
