# ---- What PutFile brought.

# The vendor does not say where PutFile leaves a file: it is in one of these folders.
function Find-PutFile([string]$Name) {
  $downloads = 'Microsoft\Windows Defender Advanced Threat Protection\Downloads'
  $folders = @((Get-Location).ProviderPath, $PSScriptRoot, "$env:ProgramData\$downloads")
  foreach ($folder in $folders) {
    $path = [IO.Path]::Combine($folder, $Name)
    if ([IO.File]::Exists($path)) { return $path }
  }
  throw "$Name is neither here nor where PutFile leaves files"
}
