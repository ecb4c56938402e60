"""What is done while something breaks. Each knows what must be true afterwards, of what the client was told."""
from operations.groups import GroupClone, GroupCreate, GroupDelete, GroupSnapshotCreate, GroupSnapshotDelete
from operations.images import HolesImport, ImageCopy, ImageDelete, ImageImport, Upload, WebDownload
from operations.ports import PortCreate, PortDelete
from operations.servers import Attach, Create, Delete, Detach, ServerImage, Start, Stop, Swap
from operations.volumes import (Reimage, Revert, SnapshotCreate, SnapshotDelete, VolumeClone, VolumeCreate,
                                VolumeDelete, VolumeExtend, VolumeMove, VolumeToImage)

OPERATIONS = (Create, Delete, Stop, Start, ServerImage, Upload, ImageImport, HolesImport, WebDownload, ImageCopy,
              ImageDelete, PortCreate, PortDelete, VolumeCreate, VolumeClone, VolumeDelete, VolumeExtend, Revert,
              Reimage, VolumeToImage, SnapshotCreate, SnapshotDelete, VolumeMove, GroupCreate, GroupDelete, GroupClone,
              GroupSnapshotCreate, GroupSnapshotDelete, Attach, Detach, Swap)
