"""Writes predictions in the format that the client asks for."""

from flask import Response

from services.api.scoring.predictions import Predictions
from services.api.wire import csv_table
from services.api.wire.json_text import write_predictions
from services.api.wire.media_types import CSV, JSON
from services.api.wire.negotiation import json_response, wants_columns, wants_csv


def respond(predictions: Predictions, is_single: bool, reports: bool) -> Response:
    """Return the response with predictions; `is_single` of one row, `reports` if rows may have errors."""
    if wants_columns():
        return json_response(predictions.as_columns())
    if wants_csv():
        return Response(csv_table.write(predictions.manifest, predictions.as_rows(), reports), mimetype=CSV)
    if is_single:
        return json_response(predictions.as_rows()[0])
    return Response(write_predictions(predictions), mimetype=JSON)
