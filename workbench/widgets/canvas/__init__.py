"""The live canvas: curves and maps that grow while a run trains."""
