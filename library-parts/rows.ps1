# ---- Rows: objects of JSON, one a line, in gzip.

function Remove-Earlier {
  if ([IO.File]::Exists($Output)) { [IO.File]::Delete($Output) }
}

function Remove-Traces { }

function Open-Rows {
  $archive.left = (Read-Number 'Kilobytes' $Kilobytes 1 4096) * 1KB
  Open-Work 'file'
  $archive.lines = New-Object 'Collections.Generic.HashSet[string]'
  $archive.missed = New-Object Collections.ArrayList
  $archive.cut = 0
  $archive.shortened = 0
}

# A row, once. A field has at most 4,000 characters, and the file at most 10,000 rows.
function Add-Row($Row) {
  $isShort = $false
  foreach ($name in @($Row.Keys)) {
    if ($Row[$name] -isnot [string]) { continue }
    $text = $Row[$name] -replace '[\x00-\x1f\x7f]', '?'
    if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) + '...'; $isShort = $true }
    $Row[$name] = $text
  }
  $line = ConvertTo-Line $Row
  if ($archive.lines.Contains($line)) { return }
  if ($archive.lines.Count -ge 10000 -or $line.Length + 1 -gt $archive.left) {
    $archive.cut++
    $archive.left = 0
    return
  }
  $archive.left -= $line.Length + 1
  $archive.shortened += [int]$isShort
  [void]$archive.lines.Add($line)
}

# Skip WHY WHAT: it is in notRead.
function Skip([string]$Why, [string]$What) {
  $said = "${What}: $Why" -replace '[\x00-\x1f\x7f]', '?'
  if ($said.Length -gt 200) { $said = $said.Substring(0, 200) }
  if (-not $archive.missed.Contains($said)) { [void]$archive.missed.Add($said) }
}

# The objects of a class. If they cannot be had, the others still can.
function Find-Object([string]$Namespace, [string]$Class, [string]$Filter = '') {
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $Class; return }
  $wanted = @{ namespace = $Namespace; class = $Class; filter = $Filter; properties = $null }
  try { Get-CimObject $wanted | Where-Object { $null -ne $_ } } catch { Skip (Get-Reason $_) $Class }
}

# An empty file could not be fetched. So without rows there is an empty line in the gzip.
function Complete-Rows {
  $lines = New-Object string[] $archive.lines.Count
  $archive.lines.CopyTo($lines)
  [Array]::Sort($lines, [StringComparer]::Ordinal)
  $text = -join ($lines | ForEach-Object { "$_`n" })
  if ($text -eq '') { $text = "`n" }
  $bytes = [Text.Encoding]::UTF8.GetBytes($text)
  $path = [IO.Path]::Combine($archive.work, 'rows')
  $archive.file = [IO.File]::Open($path, 'CreateNew')
  $mode = [IO.Compression.CompressionMode]::Compress
  $gzip = New-Object IO.Compression.GZipStream $archive.file, $mode, $true
  try { $gzip.Write($bytes, 0, $bytes.Length) } finally { $gzip.Dispose() }
  $archive.file.Position = 0
  $sha256 = ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($archive.file))
  $size = $archive.file.Length
  $archive.file.Dispose()
  [IO.File]::Move($path, $Output)
  $said = [ordered]@{ ok = $true; file = $Output; bytes = $size; sha256 = $sha256 }
  $said.rows = $lines.Count
  $said.cut = $archive.cut
  $said.shortened = $archive.shortened
  $said.notRead = @($archive.missed | Select-Object -First 20)
  $said.asAdministrator = Test-Administrator
  $said
}
