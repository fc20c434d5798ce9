"""Columns by name, a choice that is left open, and a feature that the model does not use."""

from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from petalstream.features import Category, Integer, Number, YesNo
from services.trainer.definition import Classes, Csv, Definition, Ignored

MODEL = Definition(
    title="Roses",
    predicts="Which variety a rose is",
    sample="rose",
    csv=Csv("roses.csv"),
    features=[
        Number("height", "Height", "cm", "From the ground to the flower", minimum=0),
        Integer("thorns", "Thorns", "per 10 cm", "Counted at half height", minimum=0),
        YesNo("scented", "Scented"),
        Category("colour", "Colour", choices=("white", "pink", "dark red")),
        Category("garden", "Garden", choices=("north", "south"), used=False),
        Ignored("notes"),
    ],
    target=Classes("variety", ["alba", "gallica"]),
    estimator=make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough"),
        RandomForestClassifier(20, random_state=0),
    ),
    grid={"randomforestclassifier__max_depth": [2, None]},
)
