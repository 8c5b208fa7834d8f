# ---- What Windows starts by itself, or at a set time.

# Add-Work KIND PLACE NAME USER SCHEDULE COMMAND [PROGRAM]
function Add-Work($Kind, $Place, $Name, $User, $Schedule, $Command, $Program = $null) {
  # A user's folders are not those of the system, which runs this.
  if ($null -eq $Program) { $Program = Get-Program "$Command" ($Place -notlike 'HKEY_USERS*') }
  $detail = Get-Detail $Program
  Add-Row ([ordered]@{
      kind = $Kind; place = "$Place"; name = "$Name"; user = "$User"; schedule = "$Schedule"
      command = "$Command"; path = $Program; signer = $detail.signer; signed = $detail.signed
      sha256 = $detail.sha256; written = $detail.written
    })
}

# The program that a command begins with.
function Get-Program([string]$Command, [bool]$Expands) {
  $text = $Command.Trim()
  if ($Expands) { $text = [Environment]::ExpandEnvironmentVariables($text) }
  $text = $text -replace '^\\\?\?\\', '' -replace '^\\SystemRoot\\', "$env:SystemRoot\"
  $endings = 'exe|com|bat|cmd|ps1|vbs|js|wsf|scr|dll|cpl|sys|msc|lnk'
  if ($text -match '^"([^"]*)"') { $found = $Matches[1] }
  elseif ($text -match "^(.+?\.(?:$endings))(?=[\s,]|\z)") { $found = $Matches[1] }
  else { $found = ($text -split '\s', 2)[0] }
  if ($found -match '[\\/]' -or $found -eq '') { return $found }
  foreach ($ending in @('', '.exe')) {
    $path = "$env:SystemRoot\System32\$found$ending"
    if ([IO.File]::Exists($path)) { return $path }
  }
  $found
}

# The actions of the tasks that are not disabled.
function Add-Task {
  foreach ($task in Find-Object 'root/Microsoft/Windows/TaskScheduler' 'MSFT_ScheduledTask') {
    if ($task.State -eq 1) { continue }
    $user = "$($task.Principal.UserId)"
    if ($user -eq '') { $user = "$($task.Principal.GroupId)" }
    $schedule = foreach ($trigger in $task.Triggers) {
      $kind = $trigger.CimClass.CimClassName -replace '^MSFT_Task', '' -replace 'Trigger$', ''
      "$kind $($trigger.StartBoundary)".Trim()
    }
    foreach ($action in $task.Actions) {
      $command = "$($action.Execute) $($action.Arguments)".Trim()
      $program = $null
      # A task may start a class, and no program.
      if ("$($action.Execute)" -eq '') {
        $command = "$($action.ClassId) $($action.Data)".Trim()
        $program = ''
      } elseif ($action.Execute -match '^[^"]*\\[^"]*\z') {
        $program = [Environment]::ExpandEnvironmentVariables($action.Execute)
      }
      $about = @('task', $task.TaskPath, $task.TaskName, $user, ($schedule -join ', '))
      Add-Work @about $command $program
    }
  }
}
