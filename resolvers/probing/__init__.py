"""Run resolvers on due questions: configuration, queue, worker, rate-limited client, snapshots of what was read.

Entry points: `worker.Prober`, `configuration.attach`, `attempt.run_probe`.
"""
