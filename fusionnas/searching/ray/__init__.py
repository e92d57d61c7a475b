"""Ray: the cluster, its workers, and Tune. No other room imports Ray."""

import os

# Ray reads these when it is imported: it must send no statistics, print no tables and write no
# files outside the study. The interrupt is handled here.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # By default Tune starts the actor of one job at a time, and drops it each time a job ends
    # elsewhere. A lost worker would never be replaced if jobs are shorter than its start.
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1000000",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)
