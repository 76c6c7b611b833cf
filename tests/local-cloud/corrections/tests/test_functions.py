"""Lambda: functions are kept by moto and run by the player."""

import json

from corrections.tests.cloud import CloudTest


class Functions(CloudTest):
    def setUp(self):
        super().setUp()
        self.make_function("f")

    def test_an_invocation_is_answered_by_the_player(self):
        self.player.on("f", lambda event: {"seen": event})
        answer = self.functions.invoke(FunctionName="f", Payload=b'{"a": 1}')
        self.assertEqual(json.load(answer["Payload"]), {"seen": {"a": 1}})
        self.assertNotIn("FunctionError", answer)

    def test_a_function_error_is_told_as_by_lambda(self):
        def fail(event):
            raise RuntimeError("not today")

        self.player.on("f", fail)
        answer = self.functions.invoke(FunctionName="f", Payload=b"{}")
        self.assertEqual(
            (answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled")
        )
        self.assertEqual(json.load(answer["Payload"]), {"errorMessage": "not today"})

    def test_an_event_is_handed_on_as_an_event(self):
        answer = self.functions.invoke(
            FunctionName="f", InvocationType="Event", Payload=b"{}"
        )
        self.assertEqual(answer["StatusCode"], 202)
        self.assertEqual(self.player.kinds, ["Event"])

    def test_a_player_that_is_gone_is_a_function_error(self):
        self.player.close()
        answer = self.functions.invoke(FunctionName="f", Payload=b"{}")
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual(json.load(answer["Payload"])["errorType"], "PlayerUnreachable")

    def test_a_dry_run_runs_nothing(self):
        answer = self.functions.invoke(FunctionName="f", InvocationType="DryRun")
        self.assertEqual(answer["StatusCode"], 204)
        self.assertEqual(self.player.events, [])
