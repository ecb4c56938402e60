#include "nova/drivers/hypervisor/qemu/hot_plug.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

namespace nova::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;

bool has_child(QmpClient& qmp, const std::string& path, const std::string& name) {
  const Json children = qmp.execute("qom-list", JsonObject{{"path", path}});
  return std::any_of(children.as_array().begin(), children.as_array().end(),
                     [&](const Json& each) { return base::text_or(each, "name") == name; });
}

bool has_device(QmpClient& qmp, const std::string& serial) {
  return has_child(qmp, "/machine/peripheral", volume_device(serial));
}

bool has_secret_object(QmpClient& qmp, const std::string& serial) {
  return has_child(qmp, "/objects", volume_secret(serial));
}

bool has_node(QmpClient& qmp, const std::string& serial) {
  const Json nodes = qmp.execute("query-named-block-nodes", JsonObject{{"flat", true}});
  return std::any_of(nodes.as_array().begin(), nodes.as_array().end(), [&](const Json& each) {
    return base::text_or(each, "node-name") == volume_node(serial);
  });
}

// The first root port with nothing behind it.
std::string free_port(QmpClient& qmp) {
  const Json buses = qmp.execute("query-pci");
  for (const Json& bus : buses.as_array())
    for (const Json& device : bus.at("devices").as_array()) {
      const std::string id = base::text_or(device, "qdev_id");
      const Json* bridge = base::find(device, "pci_bridge");
      if (!id.starts_with("port") || !bridge) continue;
      const Json* behind = base::find(*bridge, "devices");
      if (!behind || behind->as_array().empty()) return id;
    }
  throw Error(ErrorKind::conflict, "The server has no free slot for another disk.");
}

// "already in the process of unplug": it was asked before.
void ask_to_let_go(QmpClient& qmp, const std::string& plugged_as) {
  try {
    qmp.execute("device_del", JsonObject{{"id", volume_device(plugged_as)}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::internal) throw;
  }
}

void add_device(QmpClient& qmp, const GuestFiles& files, const GuestDisk& disk) {
  remove_node(qmp, disk.serial);
  add_node(qmp, files, disk, block_node(disk, volume_node(disk.serial)));
  base::ScopeExit undo([&] {
    try {
      remove_node(qmp, disk.serial);
    } catch (const Error&) {
      // QEMU does not answer: the next attempt removes it.
    }
  });
  qmp.execute("device_add", volume_device_arguments(disk, free_port(qmp)));
  undo.release();
}

}  // namespace

void add_node(QmpClient& qmp, const GuestFiles& files, const GuestDisk& disk, const Json& node) {
  base::ScopeExit undo([&] {
    try {
      remove_node(qmp, disk.serial);
    } catch (const Error&) {
      // QEMU does not answer: the next attempt removes it.
    }
  });
  if (has_secret(disk)) qmp.execute("object-add", secret_object(files, disk));
  qmp.execute("blockdev-add", node);
  undo.release();
}

void remove_node(QmpClient& qmp, const std::string& serial) {
  if (has_node(qmp, serial))
    qmp.execute("blockdev-del", JsonObject{{"node-name", volume_node(serial)}});
  if (has_secret_object(qmp, serial))
    qmp.execute("object-del", JsonObject{{"id", volume_secret(serial)}});
}

void plug_disk(QmpClient& qmp, const GuestFiles& files, const GuestDisk& disk) {
  if (!has_device(qmp, name_in_guest(disk))) add_device(qmp, files, disk);
  limit_disk(qmp, disk);
}

void limit_disk(QmpClient& qmp, const GuestDisk& disk) {
  qmp.execute("block_set_io_throttle", throttle_arguments(disk));
}

bool unplug_disk(QmpClient& qmp, const std::string& serial, const std::string& plugged_as) {
  if (has_device(qmp, plugged_as)) ask_to_let_go(qmp, plugged_as);
  if (has_device(qmp, plugged_as)) return false;
  remove_node(qmp, serial);
  return true;
}

void resize_plugged_disk(QmpClient& qmp, const std::string& serial, int64_t bytes) {
  qmp.execute("block_resize", JsonObject{{"node-name", volume_node(serial)}, {"size", bytes}});
}

}  // namespace nova::drivers
