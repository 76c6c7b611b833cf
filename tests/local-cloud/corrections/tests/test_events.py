"""EventBridge: what is put can be read back, and what nobody can hear is lost."""

from corrections.tests.cloud import CloudTest


def entry(**more) -> dict:
    return {"Source": "here", "DetailType": "Said", "Detail": '{"a": 1}'} | more


class Events(CloudTest):
    def setUp(self):
        super().setUp()
        self.events = self.client("events")

    def put(self, *entries: dict) -> dict:
        return self.events.put_events(Entries=list(entries))

    def recorded(self) -> list:
        return self.admin("GET", "events")["events"]

    def test_an_event_is_read_back_as_a_target_gets_it(self):
        answer = self.put(entry(Resources=["arn:aws:s3:::b"]))
        (put,) = self.recorded()
        self.assertEqual(put["bus"], "default")
        self.assertRegex(put["event"].pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(
            put["event"],
            {
                "version": "0",
                "id": answer["Entries"][0]["EventId"],
                "detail-type": "Said",
                "source": "here",
                "account": self.account,
                "region": "us-east-1",
                "resources": ["arn:aws:s3:::b"],
                "detail": {"a": 1},
            },
        )

    def test_an_event_for_no_bus_is_answered_and_dropped(self):
        arn = self.events.create_event_bus(Name="ours")["EventBusArn"]
        answer = self.put(
            entry(EventBusName="nowhere"),
            entry(EventBusName="ours"),
            entry(EventBusName=arn),
        )
        self.assertEqual(answer["FailedEntryCount"], 0)
        self.assertTrue(all("EventId" in entry for entry in answer["Entries"]))
        self.assertEqual([put["bus"] for put in self.recorded()], ["ours", "ours"])

    def test_a_bad_entry_fails_alone(self):
        answer = self.put(entry(Detail="no JSON"), entry())
        self.assertEqual(answer["FailedEntryCount"], 1)
        self.assertEqual(answer["Entries"][0]["ErrorCode"], "MalformedDetail")
        self.assertEqual(len(self.recorded()), 1)

    def test_too_much_is_refused_whole(self):
        for entries in ([entry()] * 11, [entry(Detail='{"a": "%s"}' % ("b" * 262144))]):
            self.assertFails(
                "ValidationException", "", self.events.put_events, Entries=entries
            )
        self.assertEqual(self.recorded(), [])

    def test_reset_forgets_events(self):
        self.put(entry())
        self.admin("POST", "reset")
        self.assertEqual(self.recorded(), [])
