"""The webhooks of the OpenAPI document: the messages that the service sends to channels of the kind webhook."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

webhooks = APIRouter()


class PromptQuestion(BaseModel):
    """The question of a prompt."""

    id: int = Field(description="id of the question")
    slug: str = Field(description="slug of the question")
    text: str = Field(description="the question")
    resolution_criteria: str = Field(description="rules that decide the outcome")
    kind: str = Field(description="binary, categorical or ordinal")
    outcomes: list[str] = Field(description="possible outcomes, except annulled")
    deadline: datetime = Field(description="the deadline, in UTC")
    deadline_zone: str = Field(description="the IANA time zone in which the deadline was given")
    topics: list[str] = Field(description="its topics")


class PromptLinks(BaseModel):
    """Addresses for the question of a prompt; relative if the public address of the service is not set."""

    question: str = Field(description="the page of the question")
    resolve: str = Field(description="the address to which a resolution is posted")


class PromptData(BaseModel):
    """The request to resolve one question that has come due, or a reminder of it."""

    prompt: int = Field(description="id of the prompt")
    stage: str = Field(
        description="due, a reminder, the escalation, or reversal_ with a proposal that contradicts the outcome"
    )
    due_at: datetime = Field(description="when the question came due, in UTC")
    scheduled_at: datetime = Field(description="when this stage was scheduled, in UTC")
    demo: bool = Field(description="true if the record is the invented one of a demo")
    question: PromptQuestion = Field(description="the question to resolve")
    links: PromptLinks = Field(description="addresses of the question's page and of its resolution")


class DigestPrompt(PromptData):
    """One prompt of a digest."""

    message_id: str = Field(description="the id that the prompt would have had as a message of its own")


class DigestData(BaseModel):
    """The prompts of one day for one channel."""

    channel: str = Field(description="name of the channel")
    prompts: list[DigestPrompt] = Field(description="the prompts, oldest first")


class DueContest(BaseModel):
    """A contest that waits for an answer; its text is confidential."""

    contest: int = Field(description="number of the contest")
    state: str = Field(description="received, or taken_up")
    stage: str = Field(description="due, a reminder, or the escalation")
    received_at: datetime = Field(description="when it was received, in UTC")
    due_at: datetime = Field(description="by when it should have been answered, in UTC")


class ContestLinks(BaseModel):
    """Address of the contests; relative if the public address of the service is not set."""

    contests: str = Field(description="the page on which they are answered")


class ContestsData(BaseModel):
    """The contests that are due on one day."""

    contests: list[DueContest] = Field(description="the first 100 of them, the longest overdue first")
    total: int = Field(description="number of all of them")
    demo: bool = Field(description="true if the record is the invented one of a demo")
    links: ContestLinks = Field(description="address of the page on which they are answered")


class ChannelTestData(BaseModel):
    """A test message."""

    channel: str = Field(description="name of the channel")
    note: str = Field(description="a sentence for the person who reads it")


class PromptMessage(BaseModel):
    """A prompt, in the shape of Standard Webhooks."""

    type: Literal["prompt.created"] = Field(description="the type of the message")
    timestamp: datetime = Field(description="when the message was written, in UTC")
    data: PromptData = Field(description="the prompt")


class DigestMessage(BaseModel):
    """A digest, in the shape of Standard Webhooks."""

    type: Literal["digest.created"] = Field(description="the type of the message")
    timestamp: datetime = Field(description="when the message was written, in UTC")
    data: DigestData = Field(description="the digest")


class ContestsMessage(BaseModel):
    """Contests that wait for an answer, in the shape of Standard Webhooks."""

    type: Literal["contests.due"] = Field(description="the type of the message")
    timestamp: datetime = Field(description="when the message was written, in UTC")
    data: ContestsData = Field(description="the contests")


class ChannelTestMessage(BaseModel):
    """A test, in the shape of Standard Webhooks."""

    type: Literal["channel.test"] = Field(description="the type of the message")
    timestamp: datetime = Field(description="when the message was written, in UTC")
    data: ChannelTestData = Field(description="the channel under test")


Id = Annotated[str, Header(alias="webhook-id", description="the same at every attempt: ignore ids already received")]
Timestamp = Annotated[str, Header(alias="webhook-timestamp", description="seconds since 1970 of this attempt")]
Signature = Annotated[str, Header(alias="webhook-signature", description="HMAC-SHA256 as defined by Standard Webhooks")]


@webhooks.post("prompt.created", status_code=204)
def prompt_created(message: PromptMessage, webhook_id: Id, webhook_timestamp: Timestamp, signature: Signature) -> None:
    """Receive a prompt.

    Sent when a question comes due, and for each reminder. Any answer from 200 to 299 is success; 410 disables the
    channel; others are retried with the same `webhook-id`, after `Retry-After` if it is given.
    """


@webhooks.post("digest.created", status_code=204)
def digest_created(message: DigestMessage, webhook_id: Id, webhook_timestamp: Timestamp, signature: Signature) -> None:
    """Receive a daily digest.

    Sent instead of single prompts to a channel that has a digest time.
    """


@webhooks.post("contests.due", status_code=204)
def contests_due(message: ContestsMessage, webhook_id: Id, webhook_timestamp: Timestamp, signature: Signature) -> None:
    """Receive a reminder of contests.

    Sent when contests have waited for longer than the operator allows, and for each reminder; one message a day.
    """


@webhooks.post("channel.test", status_code=204)
def channel_test(
    message: ChannelTestMessage, webhook_id: Id, webhook_timestamp: Timestamp, signature: Signature
) -> None:
    """Receive a test message.

    Sent when an admin tests the channel.
    """
