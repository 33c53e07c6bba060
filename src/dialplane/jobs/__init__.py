"""Background work of the control plane: one module for each job, with its interval, and their supervisor.

Jobs call use cases of `control`. What they need from the process that runs them is passed in.
"""
