"""What the owner of an environment wants, as the last sections of a document again."""

from cloister.inventory.clouds import AnyInventory
from cloister.inventory.intents import Approval, Flows, Intent, PackChoice, Side
from cloister.sources.stated import Members, short, stated


def wishes_of(inventory: AnyInventory) -> Members:
    """Intents, packs, approved hosts, and names that nothing declares."""
    return {
        "intents": {intent.name: _intent(intent) for intent in inventory.intents},
        "packs": {choice.name: _choice(choice) for choice in inventory.packs},
        "approved": {approval.host: _approval(approval) for approval in inventory.approved},
        "undeclared": [name for name, _ in inventory.undeclared],
    }


def _intent(intent: Intent) -> Members:
    wanted = _flows(intent.flows) if intent.flows else intent.question
    return {"must" if intent.side is Side.FLOW else "must_not": wanted} | stated(intent, "side", "question", "flows")


def _flows(flows: Flows) -> Members:
    left_out = {"from": _one_or_all(flows.except_places), "to": _one_or_all(flows.except_targets)}
    left_out = {key: words for key, words in left_out.items() if words}
    written: Members = {"from": _one_or_all(flows.places), "to": _one_or_all(flows.targets)}
    if flows.ports:
        written["ports"] = short(list(flows.ports))
    if flows.protocol != "tcp":
        written["protocol"] = flows.protocol
    return written | ({"except": left_out} if left_out else {})


def _one_or_all(words: tuple[str, ...]) -> str | list[str]:
    return words[0] if len(words) == 1 else list(words)


def _choice(choice: PackChoice) -> str | Members:
    switch = "on" if choice.asked else "off"
    return {"ask": switch, "why": choice.why} if choice.why else switch


def _approval(approval: Approval) -> str | Members:
    return {"why": approval.why, "from": _one_or_all(approval.places)} if approval.places else approval.why
