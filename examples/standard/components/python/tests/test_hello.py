import unittest

from hello import greeting


class GreetingTest(unittest.TestCase):
    def test_names_whom_it_greets(self):
        self.assertEqual(greeting("python"), "hello, python")
