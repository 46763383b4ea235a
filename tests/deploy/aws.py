"""Runs MiniStack, an AWS in one process, and adds what it lacks."""

import copy
import json
import os
import time

from ministack.app import SERVICE_HANDLERS, main
from ministack.core.router import SERVICE_PATTERNS
from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

# It was for MiniStack. The functions would inherit it, and log errors only.
os.environ.pop("LOG_LEVEL", None)


def create_query(logical_id, properties, stack_name):
    """A saved query, which is nothing but its text."""
    return f"{stack_name}-{logical_id}", {}


provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = {
    "create": create_query,
    "delete": lambda physical_id, properties: None,
}

metric_alarm_record = provisioners._cw_metric_alarm_record


def alarm_record(name, properties):
    """An alarm on an expression. It is kept, but never rings."""
    if "Metrics" in properties:
        properties = {**properties, "Namespace": "expression", "MetricName": "expression"}
        del properties["Metrics"]
    return metric_alarm_record(name, properties)


provisioners._cw_metric_alarm_record = alarm_record



def also(resource_type, keep):
    """Makes CloudFormation keep another property of a resource, when it is created and updated."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update = handlers["create"], handlers["update"]

    def create_and_keep(logical_id, properties, stack_name):
        made = create(logical_id, properties, stack_name)
        keep(made[0], properties)
        return made

    def update_and_keep(physical_id, before, properties, *args, **kwargs):
        made = update(physical_id, before, properties, *args, **kwargs)
        keep(physical_id, properties)
        return made

    handlers.update({"create": create_and_keep, "update": update_and_keep})


def keep_recovery(name, properties):
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    dynamodb._pitr_settings[name] = recovery.get("PointInTimeRecoveryEnabled", False)


def keep_concurrency(name, properties):
    lambda_svc._functions[name]["concurrency"] = properties.get("ReservedConcurrentExecutions")


also("AWS::DynamoDB::Table", keep_recovery)
also("AWS::Lambda::Function", keep_concurrency)

# The past of the tables. MiniStack restores a table as it is now, whatever time it is asked for, and
# keeps nothing of a table that is deleted. Unlike in AWS, the last five minutes can be restored too.

written = []
"""Each write, oldest first: when (epoch seconds), the table, the item before, the item after."""

emit_stream_event = dynamodb._emit_stream_event


def remember(table, event, before, after, *args, **kwargs):
    """Called by MiniStack with every write."""
    written.append((time.time(), table, copy.deepcopy(before), copy.deepcopy(after)))
    emit_stream_event(table, event, before, after, *args, **kwargs)


dynamodb._emit_stream_event = remember

partiql_insert = dynamodb._partiql_insert


def insert_with_record(table, parsed):
    """MiniStack makes no record in the stream of what PartiQL inserts."""
    response = partiql_insert(table, parsed)
    if response[0] == 200:
        dynamodb._emit_stream_event(table["TableName"], "INSERT", None, parsed["item"])
    return response


dynamodb._partiql_insert = insert_with_record

restore_to_now = dynamodb._restore_table_to_point_in_time


def restore_to_point_in_time(data):
    """Restores the table as it is now, and then takes back what was written since that time."""
    response = restore_to_now(data)
    if response[0] != 200 or "RestoreDateTime" not in data:
        return response
    table = dynamodb._tables[data["TargetTableName"]]
    for at, name, before, after in reversed(written):
        if name != data["SourceTableName"] or at <= float(data["RestoreDateTime"]):
            continue
        item = before or after
        hash_key = dynamodb._extract_key_val(item[table["pk_name"]])
        range_key = "__no_sort__"
        if table["sk_name"]:
            range_key = dynamodb._extract_key_val(item[table["sk_name"]])
        if before is None:
            dynamodb._remove_item(table, hash_key, range_key)
        else:
            dynamodb._set_item(table, hash_key, range_key, before)
    return response


dynamodb._restore_table_to_point_in_time = restore_to_point_in_time

delete_table = dynamodb._delete_table


def delete_and_back_up(data):
    """AWS makes a backup of a table with point-in-time recovery when the table is deleted."""
    name = data["TableName"]
    has_recovery = dynamodb._pitr_settings.get(name, False)
    backup = {"TableName": name, "BackupName": f"{name}$DeletedTableBackup"}
    made = json.loads(dynamodb._create_backup(backup)[2]) if has_recovery else {}
    response = delete_table(data)
    if has_recovery:
        arn = made["BackupDetails"]["BackupArn"]
        if response[0] == 200:
            dynamodb._backups[arn]["BackupDetails"]["BackupType"] = "SYSTEM"
        else:
            del dynamodb._backups[arn]
    return response


dynamodb._delete_table = delete_and_back_up


async def handle_quotas(method, path, headers, body, query_params):
    """Service Quotas, which MiniStack lacks: a request for more waits for AWS."""
    asked = json.loads(body)
    quota = {**asked, "Id": "request", "Status": "PENDING"}
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"RequestedQuota": quota}).encode()


SERVICE_HANDLERS["servicequotas"] = handle_quotas
SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": ["ServiceQuotasV20190624"]}

if __name__ == "__main__":
    main()
