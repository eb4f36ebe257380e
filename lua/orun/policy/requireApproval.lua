return {
  describe = "true: jobs wait for an approval",
  schema = { type = "boolean" },
  gate = { type = "approval", condition = "approved" },
}
