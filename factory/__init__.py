"""The framework: it drives specs through levers and gates, and never names a recipe, a gate or a database."""
