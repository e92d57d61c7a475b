"""The search: proposals by Optuna, evaluations in workers by Ray Tune."""
