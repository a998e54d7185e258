"""Many runs: from a grid of specs over local processes, a cluster, or any executor."""
