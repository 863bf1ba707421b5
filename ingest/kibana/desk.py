"""The desk's views, search and dashboards."""

from __future__ import annotations

from ingest.kibana.parts import Chart, Column, Dashboard, Listing, Placed, Places, View

ARTICLES = View("articles", "Articles", "effective_at")
MENTIONS = View("mentions", "Mentions of leaders and places", "effective_at")
PROPOSALS = View("proposals", "Proposals to meet", "effective_at")
RECORDS = View("records", "Feeds, runs, alerts and deliveries", "view.at")
VIEWS = (ARTICLES, MENTIONS, PROPOSALS, RECORDS)

COUNT = Column("count", "Count")
VENUES = "kind: venue and role: (proposed or agreed or rejected or hosted)"
NEWS = 'not background: true and copy_of: ""'

SEARCH = Listing(
    "articles",
    "Articles",
    ARTICLES,
    ("title", "source", "lang", "facet.leader", "facet.place_role", "url"),
    description="Words find folded forms and stems; venue:, place:, leader:, role: take any name.",
)

VENUE_BOARD = Dashboard(
    "venue-board",
    "Venue board",
    "Which places are offered, agreed on, refused or hosting, since when and by whom.",
    "now-30d",
    (
        Placed(
            Chart(
                "venues-over-time",
                "Venues by role over time (mentions)",
                MENTIONS,
                "bar_stacked",
                (
                    Column("date", "Time", "effective_at"),
                    Column("terms", "Role", "role", size=4),
                    COUNT,
                ),
                VENUES,
            ),
            x=0,
            y=0,
            w=30,
            h=13,
        ),
        Placed(
            Chart(
                "venues-by-role",
                "Venues by role (mentions)",
                MENTIONS,
                "bar_horizontal_stacked",
                (Column("terms", "Place", "name"), Column("terms", "Role", "role", size=4), COUNT),
                VENUES,
            ),
            x=30,
            y=0,
            w=18,
            h=13,
        ),
        Placed(
            Chart(
                "who-offers",
                "Who offers (proposals)",
                PROPOSALS,
                "bar_horizontal_stacked",
                (
                    Column("terms", "Proposer", "proposer_name"),
                    Column("terms", "Place", "venue_names", size=6),
                    COUNT,
                ),
                f"status: proposed and {NEWS}",
            ),
            x=0,
            y=13,
            w=18,
            h=14,
        ),
        Placed(
            Chart(
                "venue-standing",
                "Places and how they stand (proposals)",
                PROPOSALS,
                "table",
                (
                    Column("terms", "Place", "venue_names", size=20),
                    Column("terms", "Status", "status", size=4),
                    COUNT,
                    Column("max", "Newest", "effective_at"),
                ),
                NEWS,
            ),
            x=18,
            y=13,
            w=12,
            h=14,
        ),
        Placed(
            Places("venue-map", "Map of venues (mentions)", MENTIONS, "location", VENUES),
            x=30,
            y=13,
            w=18,
            h=14,
        ),
        Placed(
            Listing(
                "newest-proposals",
                "Newest proposals",
                PROPOSALS,
                (
                    "status",
                    "proposer_name",
                    "venue_names",
                    "parties",
                    "when",
                    "sentence",
                    "source",
                    "url",
                ),
                NEWS,
            ),
            x=0,
            y=27,
            w=48,
            h=16,
        ),
    ),
)

HEALTH = Dashboard(
    "feed-health",
    "Feed health and alerts",
    "Which feeds fail or fell silent, what the runs brought, which alerts went out.",
    "now-7d",
    (
        Placed(
            Chart(
                "feeds-by-state",
                "Feeds",
                RECORDS,
                "pie",
                (Column("terms", "State", "view.state", size=4), COUNT),
                "kind: feed",
            ),
            x=0,
            y=0,
            w=12,
            h=12,
        ),
        Placed(
            Chart(
                "failing-feeds",
                "Failing feeds",
                RECORDS,
                "table",
                (
                    Column("terms", "Feed", "view.title", size=50),
                    Column("terms", "Failure", "view.error", size=3),
                    Column("max", "Failures", "view.failures"),
                    Column("min", "Since", "view.failing_since"),
                ),
                "kind: feed and view.state: failing",
            ),
            x=12,
            y=0,
            w=18,
            h=12,
        ),
        Placed(
            Chart(
                "silent-feeds",
                "Feeds without news the longest",
                RECORDS,
                "table",
                (
                    Column("terms", "Feed", "view.title", size=50, rising=True),
                    Column("max", "Last news", "view.last_new_at"),
                ),
                "kind: feed and view.state: (well or failing)",
            ),
            x=30,
            y=0,
            w=18,
            h=12,
        ),
        Placed(
            Chart(
                "runs-over-time",
                "What the runs did",
                RECORDS,
                "line",
                (
                    Column("date", "Time", "view.at"),
                    Column("sum", "New articles", "view.articles_new"),
                    Column("sum", "Feeds polled", "view.feeds_polled"),
                    Column("sum", "Feeds failed", "view.feeds_failed"),
                    Column("sum", "Pages failed", "view.pages_failed"),
                ),
                "kind: run",
            ),
            x=0,
            y=12,
            w=30,
            h=12,
        ),
        Placed(
            Chart(
                "dead-entries",
                "Dead entries by reason",
                RECORDS,
                "table",
                (Column("terms", "Reason", "view.error", size=20), COUNT),
                "kind: entry and view.state: dead",
            ),
            x=30,
            y=12,
            w=18,
            h=12,
        ),
        Placed(
            Chart(
                "alerts-over-time",
                "Alerts by rule",
                RECORDS,
                "bar_stacked",
                (
                    Column("date", "Time", "view.at"),
                    Column("terms", "Rule", "view.rule", size=12),
                    COUNT,
                ),
                "kind: alert",
            ),
            x=0,
            y=24,
            w=30,
            h=12,
        ),
        Placed(
            Chart(
                "deliveries",
                "Deliveries by channel",
                RECORDS,
                "table",
                (
                    Column("terms", "Channel", "view.channel"),
                    Column("terms", "State", "view.state", size=4),
                    COUNT,
                ),
                "kind: delivery",
            ),
            x=30,
            y=24,
            w=18,
            h=12,
        ),
        Placed(
            Listing(
                "newest-alerts",
                "Newest alerts",
                RECORDS,
                ("view.title", "view.rule", "view.state"),
                "kind: alert",
            ),
            x=0,
            y=36,
            w=48,
            h=14,
        ),
    ),
)

DASHBOARDS = (VENUE_BOARD, HEALTH)
