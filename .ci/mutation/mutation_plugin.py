"""A pytest plug-in for mutmut, which runs every mutant in a fork of a process that has run the tests before."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    max_examples=30,
    derandomize=True,
    database=None,
    deadline=None,
    # That a mutant fails is enough to know: the smallest example of it is not looked for.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")


def pytest_runtest_setup() -> None:
    """Forget what was parsed before the fork: a mutant whose work is remembered would live."""
    from mediapreflight.catalog import interval

    interval._parse.cache_clear()
