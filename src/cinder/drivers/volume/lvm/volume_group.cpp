#include "cinder/drivers/volume/lvm/volume_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

// What is removed is given back to the disk, which takes its time.
constexpr base::Duration kPatience = std::chrono::minutes{2};

std::string run_lvm(std::vector<std::string> arguments) {
  platform::ProcessOptions options;
  options.timeout = kPatience;
  return platform::run_checked(arguments, options);
}

// The rows of a report of lvs(8) or vgs(8), all of whose values are texts.
base::JsonArray report(std::vector<std::string> arguments, const char* rows) {
  arguments.insert(arguments.begin() + 1, {"--reportformat", "json", "--units", "b", "--nosuffix"});
  const base::Json answer = base::parse_json(run_lvm(std::move(arguments)));
  return answer.at("report").as_array().at(0).at(rows).as_array();
}

int64_t bytes_of(const base::Json& row, std::string_view name) {
  return base::parse_integer(base::get_text(row, name)).value_or(0);
}

std::vector<std::string> tags_of(const base::Json& row) {
  const std::string tags = base::get_text(row, "lv_tags");
  std::vector<std::string> list;
  for (const std::string_view tag : base::split(tags, ',')) list.emplace_back(tag);
  return list;
}

}  // namespace

bool LogicalVolume::has_tag(const std::string& tag) const {
  return std::ranges::find(tags, tag) != tags.end();
}

VolumeGroup::VolumeGroup(std::string name) : name_(std::move(name)), pool_(name_ + "-pool") {
  if (report({"vgs", "-o", "vg_name", "-S", "vg_name=" + name_}, "vg").empty())
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("There is no volume group {}: make it (vgcreate {} DEVICE), or "
                                  "name another one by volume_group.",
                                  name_, name_));
  if (!select("lv_name=" + pool_).empty()) return;
  run_lvm(
      {"lvcreate", "-y", "--type", "thin-pool", "-l", "95%FREE", "-Z", "y", "-n", pool_, name_});
  // A full pool refuses at once, instead of holding what is written for a minute.
  run_lvm({"lvchange", "--errorwhenfull", "y", full(pool_)});
}

PoolUse VolumeGroup::pool_use() const {
  const auto pools =
      report({"lvs", "-o", "lv_size,data_percent", "-S", "lv_name=" + pool_, name_}, "lv");
  if (pools.empty())
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("The thin pool {} is gone.", full(pool_)));
  return {bytes_of(pools[0], "lv_size"),
          std::strtod(base::get_text(pools[0], "data_percent").c_str(), nullptr)};
}

std::vector<LogicalVolume> VolumeGroup::select(const std::string& criteria) const {
  std::vector<LogicalVolume> volumes;
  for (const base::Json& row :
       report({"lvs", "-o", "lv_name,lv_size,lv_tags,origin,lv_device_open", "-S", criteria, name_},
              "lv"))
    volumes.push_back({base::get_text(row, "lv_name"), bytes_of(row, "lv_size"), tags_of(row),
                       base::get_text(row, "origin"),
                       base::get_text(row, "lv_device_open") == "open"});
  return volumes;
}

std::vector<LogicalVolume> VolumeGroup::list() const { return select("pool_lv=" + pool_); }

std::optional<LogicalVolume> VolumeGroup::find(const std::string& volume) const {
  auto found = select("lv_name=" + volume);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::string VolumeGroup::device(const std::string& volume) const { return "/dev/" + full(volume); }

void VolumeGroup::activate(const std::string& volume) const {
  run_lvm({"lvchange", "-a", "y", "-K", full(volume)});
}

void VolumeGroup::create(const std::string& volume, int64_t bytes, const std::string& tag) const {
  run_lvm({"lvcreate", "-y", "-W", "n", "--type", "thin", "-V", fmt::format("{}b", bytes),
           "--thinpool", pool_, "--addtag", tag, "-n", volume, name_});
}

void VolumeGroup::snapshot(const std::string& source, const std::string& volume,
                           const std::string& tag) const {
  run_lvm(
      {"lvcreate", "-y", "-s", "-k", "n", "-a", "y", "--addtag", tag, "-n", volume, full(source)});
}

void VolumeGroup::extend(const std::string& volume, int64_t bytes) const {
  run_lvm({"lvextend", "-L", fmt::format("{}b", bytes), full(volume)});
}

void VolumeGroup::rename(const std::string& from, const std::string& to) const {
  run_lvm({"lvrename", name_, from, to});
}

void VolumeGroup::change_tag(const std::string& volume, const std::string& from,
                             const std::string& to) const {
  std::vector<std::string> command{"lvchange"};
  if (!from.empty()) command.insert(command.end(), {"--deltag", from});
  if (!to.empty()) command.insert(command.end(), {"--addtag", to});
  command.push_back(full(volume));
  run_lvm(std::move(command));
}

void VolumeGroup::remove(const std::string& volume) const {
  run_lvm({"lvremove", "-f", full(volume)});
}

}  // namespace cinder::drivers
