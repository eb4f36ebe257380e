-- Unicode properties in patterns: ECMA-262 knows the long names of general categories, PCRE2 the short ones.
local M = {}

local categories = {
  Letter = "L", Cased_Letter = "L&", Uppercase_Letter = "Lu", Lowercase_Letter = "Ll", Titlecase_Letter = "Lt", Modifier_Letter = "Lm",
  Other_Letter = "Lo", Mark = "M", Nonspacing_Mark = "Mn", Spacing_Mark = "Mc", Enclosing_Mark = "Me", Number = "N",
  Decimal_Number = "Nd", digit = "Nd", Letter_Number = "Nl", Other_Number = "No", Punctuation = "P", punct = "P",
  Connector_Punctuation = "Pc", Dash_Punctuation = "Pd", Open_Punctuation = "Ps", Close_Punctuation = "Pe",
  Initial_Punctuation = "Pi", Final_Punctuation = "Pf", Other_Punctuation = "Po", Symbol = "S", Math_Symbol = "Sm",
  Currency_Symbol = "Sc", Modifier_Symbol = "Sk", Other_Symbol = "So", Separator = "Z", Space_Separator = "Zs", Line_Separator = "Zl",
  Paragraph_Separator = "Zp", Other = "C", Control = "Cc", cntrl = "Cc", Format = "Cf", Surrogate = "Cs", Private_Use = "Co",
  Unassigned = "Cn",
}

---@param pattern string
---@return string the pattern as PCRE2 reads it
function M.translate(pattern)
  if not pattern:find("\\[pP]{") then return pattern end
  return (pattern:gsub("\\([pP]){([%w_=]+)}", function(sign, name)
    local plain = name:gsub("^General_Category=", ""):gsub("^gc=", ""):gsub("^Script=", ""):gsub("^sc=", "")
    return ("\\%s{%s}"):format(sign, categories[plain] or plain)
  end))
end

return M
