#!/usr/bin/env bash
# One would guess that OpenTelemetry's own message classes read a span file in OpenTelemetry's own JSON. protobuf's JSON
# takes bytes for base64 while OTLP/JSON writes ids in hex, and every hex id is valid base64: it is read without an error
# as another id of 24 bytes. An audit trail of a medical study that is matched by such ids matches nothing, in silence.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-proto==1.45.2 protobuf==7.36.2

"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

import google.protobuf
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

trace_id, span_id = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"  # from the examples of the specification
span = {"traceId": trace_id, "spanId": span_id, "name": "reading", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
text = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
read = json_format.Parse(text, TracesData()).resource_spans[0].scope_spans[0].spans[0]
back = json.loads(json_format.MessageToJson(read))

print(f"protobuf {google.protobuf.__version__}, opentelemetry-proto 1.45.2")
print(f"trace id in the file: {len(trace_id) // 2} bytes, {trace_id}")
print(f"trace id as read:     {len(read.trace_id)} bytes, {read.trace_id.hex()}")
print(f"written again it looks right: {back['traceId'] == trace_id}")
stands = len(read.trace_id) == 24 and read.trace_id != bytes.fromhex(trace_id) and back["traceId"] == trace_id
sys.exit(0 if stands else 1)
PYTHON
