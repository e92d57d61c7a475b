"""Ray: the cluster, its workers, and Tune. No other room imports Ray."""

import os

# Read by Ray when it is imported: no reports home, no tables, no files besides the study's, and
# the interrupt is handled here.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # Tune would start the actor of one job at a time, and give it up each time that a job ends
    # elsewhere: a lost worker would never come back where jobs are shorter than its start
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1000000",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)
