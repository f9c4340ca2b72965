-- wrk: the paths of the file that TILES names, one after the other, around and around.
local paths = {}
for line in io.lines(os.getenv("TILES")) do paths[#paths + 1] = line end
local at = 0
wrk.headers["Accept-Encoding"] = "gzip"
function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
