"""Workarounds for defects of kafka-python 3.0.12 in producers after a refused record, or refused offsets."""

from typing import Any

from kafka import KafkaProducer
from kafka.producer.transaction_manager import TransactionManager

from petalstream.broker.errors import RECORD_ERRORS, NeighbourRefused

PART_OF_A_BATCH = "the broker refused another record of its batch"


def survive_refusals(producer: KafkaProducer) -> KafkaProducer:
    """Return the producer, which now can write on after a batch has failed, as Java's producer can."""
    _replace_fatal_errors(producer._transaction_manager)
    _forget_aborted_offsets(producer._transaction_manager)
    _name_neighbours(producer._sender, producer._accumulator)
    return producer


def _replace_fatal_errors(manager: Any) -> None:
    """Renew the producer's id, or have the transaction aborted, after a batch has failed.

    A failed batch leaves a gap in the sequence numbers, so that the broker refuses the next batch as out of order. The
    client stops for good after a refused record, and loses its id for good when a batch expires. In a transaction it
    renews its id at once, which fences itself.
    """
    classify = manager.classify_batch_error

    def classify_to_go_on(error: Any, batch: Any, log_start_offset: int = -1) -> Any:
        kind = classify(error, batch, log_start_offset)
        if manager.has_fatal_error():
            return TransactionManager.ERROR_CLASS_RETRIABLE  # which changes no state
        if type(error) in manager._FATAL_ERRORS or not manager._supports_epoch_bump():
            return kind
        if manager.is_transactional():
            return TransactionManager.ERROR_CLASS_ABORTABLE
        return TransactionManager.ERROR_CLASS_NEEDS_EPOCH_BUMP

    manager.classify_batch_error = classify_to_go_on
    # What it is called for, an expired batch, is done by then.
    manager.reset_producer_id = lambda: None


def _forget_aborted_offsets(manager: Any) -> None:
    """Begin each transaction without offsets of an earlier one.

    The client keeps offsets that the broker refused, as in a rebalance, and commits them with the next transaction:
    their records are lost then, or are read twice if another consumer has committed later ones.
    """
    begin = manager.begin_transaction

    def begin_without_offsets() -> None:
        manager._pending_txn_offset_commits.clear()
        begin()

    manager.begin_transaction = begin_without_offsets


def _name_neighbours(sender: Any, accumulator: Any) -> None:
    """Give messages that failed with a refused one NeighbourRefused, in its batch and in its transaction."""
    exceptions, abort = sender._record_exceptions_fn, accumulator.abort_undrained_batches

    def exceptions_of_records(error: Any, record_errors: Any, message: str | None) -> Any:
        of_record, refused = exceptions(error, record_errors, message), {index for index, _ in record_errors or ()}
        neighbour = NeighbourRefused(PART_OF_A_BATCH)
        return lambda index: neighbour if refused and index not in refused else of_record(index)

    def abort_undrained(error: Exception) -> None:
        abort(NeighbourRefused(f"another message was refused: {error}") if isinstance(error, RECORD_ERRORS) else error)

    sender._record_exceptions_fn = exceptions_of_records
    accumulator.abort_undrained_batches = abort_undrained
