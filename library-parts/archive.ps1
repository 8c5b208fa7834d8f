# ---- The archive: a zip with the hash of every file.

function Remove-Earlier {
  if ([IO.File]::Exists($Output)) { [IO.File]::Delete($Output) }
}

# Live response fetches 3 GB.
function Open-Archive {
  $archive.left = [long](Read-Number 'Megabytes' $Megabytes 1 2900) * 1MB
  Open-Work 'archive'
  $archive.file = [IO.File]::Open([IO.Path]::Combine($archive.work, 'archive'), 'CreateNew')
  $archive.zip = New-Object IO.Compression.ZipArchive $archive.file, 'Create', $true
  $archive.sums = New-Object Collections.ArrayList
  $archive.missed = New-Object Collections.ArrayList
  # Windows may unpack it, where a and A are one name.
  $ignoringCase = [StringComparer]::OrdinalIgnoreCase
  $archive.names = New-Object 'Collections.Generic.HashSet[string]' $ignoringCase
}

# Skip WHY WHAT: a line of not-taken.txt.
function Skip([string]$Why, [string]$What) {
  $words = @($Why, $What) -replace '[\x00-\x1f\x7f]', '?'
  [void]$archive.missed.Add($words -join "`t")
}

function Get-FirstMiss {
  "$($archive.missed[0])" -replace "`t.*", ''
}

function Add-Text([string]$Name, $Lines) {
  $text = -join ($Lines | ForEach-Object { "$_`n" })
  $stream = New-Object IO.MemoryStream (, [Text.Encoding]::UTF8.GetBytes($text))
  [void](Add-Entry $Name $stream $Name)
}

# Copies a stream while there is room and time, and gives the name it has in the archive. What was
# read before an error stays. If the archive itself cannot be written, nothing can go on.
function Add-Entry([string]$Wanted, [IO.Stream]$From, [string]$What) {
  $name = $Wanted
  for ($at = 2; -not $archive.names.Add($name); $at++) { $name = "$Wanted~$at" }
  $into = $archive.zip.CreateEntry($name, 'Fastest').Open()
  $hash = [Security.Cryptography.SHA256]::Create()
  $buffer = New-Object byte[] 1MB
  $reason = ''
  try {
    while ($reason -eq '') {
      try { $count = $From.Read($buffer, 0, $buffer.Length) }
      catch { $reason = Get-Reason $_; break }
      if ($count -eq 0) { break }
      if (-not (Test-TimeLeft)) { $reason = 'no time was left' }
      if ($count -gt $archive.left) { $reason = 'no room was left'; $count = [int]$archive.left }
      $into.Write($buffer, 0, $count)
      [void]$hash.TransformBlock($buffer, 0, $count, $null, 0)
      $archive.left -= $count
    }
  } finally { $into.Dispose() }
  [void]$hash.TransformFinalBlock($buffer, 0, 0)
  [void]$archive.sums.Add("$(ConvertTo-Hex $hash.Hash)  $name")
  if ($reason -ne '') { Skip "only its beginning is here: $reason" $What }
  $name
}

# Ends the archive, for which there is always room and time, puts it in its place, and says so.
function Complete-Archive($More) {
  $archive.left = 100MB
  $archive.seconds = 540
  $notTaken = $archive.missed.Count
  Add-Text 'not-taken.txt' $archive.missed
  Add-Text 'SHA256SUMS' $archive.sums
  $archive.zip.Dispose()
  $archive.file.Position = 0
  $sha256 = ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($archive.file))
  $bytes = $archive.file.Length
  $archive.file.Dispose()
  [IO.File]::Move([IO.Path]::Combine($archive.work, 'archive'), $Output)
  $said = [ordered]@{ ok = $true; archive = $Output; bytes = $bytes; sha256 = $sha256 }
  $said.files = $archive.names.Count
  $said.notTaken = $notTaken
  foreach ($name in $More.Keys) { $said[$name] = $More[$name] }
  $said
}
