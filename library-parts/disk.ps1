# ---- Files of the disk, also those that a program has locked.

# Takes a file, and says what its folder knows of it. To read a link, or a file that is kept online
# and not here, might download it. With -Through it reads a link.
function Add-File([IO.FileInfo]$File, [int]$Most, [switch]$Through) {
  $path = $File.FullName
  $size = [Math]::Ceiling($File.Length / 1KB)
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $path; return }
  $strange = 0x441400
  if ($Through) { $strange = 0x441000 }
  if ([int]$File.Attributes -band $strange) { Skip 'a link, or kept elsewhere' $path; return }
  if ($File.Length -gt $Most * 1MB) { Skip "it has $size KiB, more than $Most MiB" $path; return }
  if ($File.Length -gt $archive.left) { Skip "no room was left: $size KiB" $path; return }
  try { $stream = Open-Locked $path } catch { Skip (Get-Reason $_) $path; return }
  try { $entry = Add-Entry (Get-EntryName $path) $stream $path } finally { $stream.Dispose() }
  ConvertTo-Line ([ordered]@{
      entry = $entry; path = $path; bytes = $File.Length
      created = $File.CreationTimeUtc.ToString('o'); written = $File.LastWriteTimeUtc.ToString('o')
    })
}

# What Windows or an archive cannot name becomes % and four digits.
function Get-EntryName([string]$Path) {
  $strange = '[\x00-\x1f\x7f%:*?"<>|]|[\ud800-\udbff](?![\udc00-\udfff])|' +
    '(?<![\ud800-\udbff])[\udc00-\udfff]|[. ]$'
  $parts = $Path -replace '^([A-Za-z]):', '$1' -split '[\\/]' -ne '' | ForEach-Object {
    [regex]::Replace($_, $strange, { param($found) '%{0:x4}' -f [int][char]$found.Value })
  }
  'files/' + ($parts -join '/')
}

# Also what others have open, and may write or remove meanwhile.
function Open-Shared([string]$Path) {
  New-Object IO.FileStream $Path, 'Open', 'Read', 'ReadWrite, Delete'
}

# A file that a program has locked is read from a shadow copy of its volume, made once.
function Open-Locked([string]$Path) {
  try { return Open-Shared $Path }
  catch [IO.FileNotFoundException] { throw }
  catch [IO.IOException] { }
  $volume = [IO.Path]::GetPathRoot($Path)
  if (-not $shadows.ContainsKey($volume)) {
    try { $shadows[$volume] = New-Shadow $volume }
    catch { $shadows[$volume] = @{ why = Get-Reason $_ } }
  }
  $shadow = $shadows[$volume]
  if ($shadow.why) { throw "it is locked, and $($shadow.why)" }
  Open-Shared ([IO.Path]::Combine($shadow.link, $Path.Substring($volume.Length)))
}

function Remove-Shadows {
  foreach ($shadow in $shadows.Values) { if ($shadow.link) { Remove-Shadow $shadow } }
}

# Only Windows has these two. Tests replace them. .NET before 5 opens no path that begins with \\?\,
# so a link in the folder of the work leads to it.
function New-Shadow([string]$Volume) {
  $asked = @{ Volume = $Volume; Context = 'ClientAccessible' }
  $made = Invoke-CimMethod -ClassName Win32_ShadowCopy -MethodName Create -Arguments $asked
  if ($made.ReturnValue -ne 0) {
    throw "Windows makes no shadow copy of ${Volume}: it says $($made.ReturnValue)"
  }
  $copy = Get-CimInstance -ClassName Win32_ShadowCopy -Filter "ID='$($made.ShadowID)'"
  $link = [IO.Path]::Combine($archive.work, 'shadow-' + $Volume[0])
  [void](& "$env:SystemRoot\System32\cmd.exe" /c mklink /d $link "$($copy.DeviceObject)\")
  @{ link = $link; copy = $copy }
}

function Remove-Shadow($Shadow) {
  Remove-CimInstance -InputObject $Shadow.copy
  [IO.Directory]::Delete($Shadow.link)
}

$shadows = @{}
