"""What the external media server asks: whether an encoder may push, go on, and that it has gone."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from app.core.uow import unit_of_work
from app.core.web.access import by_signature
from app.core.web.guard import csrf
from sim_livestream.services import encoders
from sim_livestream.views.lobby import blueprint


@blueprint.post("/media")
@csrf.exempt
@by_signature
def media() -> Response:
    """Answer nginx-rtmp: 302 with the name of the stream, 204, or 401, which ends the connection."""
    call, key, client = (request.form.get(name, "")[:100] for name in ("call", "name", "clientid"))
    if call == "publish":
        with unit_of_work():
            number = encoders.begin(key, client)
        if number is not None:  # the stream goes by the room's number from here on: the key stays between two
            return Response(status=302, headers={"Location": str(number)})
    elif (
        call == "update_play"
        or (call == "update_publish" and encoders.go_on(key, client))
        or (call == "publish_done" and encoders.end(key, client))
    ):
        return Response(status=204)
    return Response(status=401)
