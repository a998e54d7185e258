"""What a person picks: the fields of a spec, as controls made from their declarations."""
