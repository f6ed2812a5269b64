"""Yardsticks: each module measures one promise beside what it is compared with."""
