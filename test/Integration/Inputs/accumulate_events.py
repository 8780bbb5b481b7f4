#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what the package `tensorboard` finds in a folder of event files: steps of scalars, sizes of images, counts of histograms."""
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
for tag in tags["scalars"]:
    print(tag, [event.step for event in events.Scalars(tag)])
for tag in tags["images"]:
    print(tag, [f"{event.step}: {event.width}x{event.height}" for event in events.Images(tag)])
for tag in tags["histograms"]:
    print(tag, [f"{event.step}: {event.histogram_value.num:g}" for event in events.Histograms(tag)])
