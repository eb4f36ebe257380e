-- `orun compositions package`: archives of packages.
return {
  summary = "Make archives of composition packages",
  description = "The longer spelling of `orun pack`, for scripts: directory and archive are always named.",
}
