-- `orun intent`: the intent as the compiler sees it.
return {
  summary = "Show what presets add to the intent",
}
