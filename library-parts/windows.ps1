# ---- What only Windows has. Tests replace these functions.

function Get-CimObject($Wanted) {
  $more = @{}
  if ($Wanted.properties) { $more.Property = $Wanted.properties }
  if ($Wanted.filter) { $more.Filter = $Wanted.filter }
  $more.Namespace = $Wanted.namespace
  Get-CimInstance -ClassName $Wanted.class -OperationTimeoutSec 60 @more
}

# The values of keys. * is any name of a key, and \** at the end stands for all keys below.
function Get-RegistryValue([string]$Keys) {
  $path = 'Registry::' + ($Keys -replace '\\\*\*$', '')
  $found = @(Get-Item -Path $path -ErrorAction SilentlyContinue)
  if ($Keys.EndsWith('**')) {
    $found += @(Get-ChildItem -Path $path -Recurse -ErrorAction SilentlyContinue)
  }
  foreach ($key in $found) {
    foreach ($name in $key.GetValueNames()) {
      $kind = "$($key.GetValueKind($name))"
      $value = $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
      if ($value -is [byte[]]) { $value = ConvertTo-Hex $value }
      [ordered]@{ key = $key.Name; name = $name; kind = $kind; value = $value }
    }
  }
}
