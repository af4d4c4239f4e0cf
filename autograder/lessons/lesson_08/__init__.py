"""Lesson 8, vanishing and exploding gradients: two ways of clipping, spectral radius, orthogonal matrices, norms of Jacobians."""

EXERCISES = ("clip_elementwise", "clip_by_norm", "scale_to_radius", "orthogonal", "jacobian_norms")
USES: tuple[str, ...] = ()
SWAPS = ("clip_by_norm", "orthogonal")
ITEMS = 5
